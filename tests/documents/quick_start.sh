# The calls of both quick starts and of the manual tests; every answer on a line of its own.
curl http://localhost:8000/avatarforge-controller/health; echo

started=$(curl -X POST http://localhost:8000/avatarforge-controller/generate/avatar \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "female warrior, blue armor, long white hair, determined expression",
    "realism": false
  }')
echo "$started"
generation_id=$(echo "$started" | sed 's/.*"generation_id":"\([^"]*\)".*/\1/')

# Check status (repeat until status = "completed")
for attempt in $(seq 600); do
  status=$(curl "http://localhost:8000/avatarforge-controller/generations/$generation_id")
  case "$status" in *'"status":"completed"'*|*'"status":"failed"'*) break ;; esac
  sleep 0.1
done
echo "$status"
url=$(echo "$status" | sed 's/.*"url":"\([^"]*\)".*/\1/')
curl "http://localhost:8000$url" --output result.png

curl http://localhost:8000/avatarforge-controller/generations/abc-123; echo
curl http://localhost:8000/avatarforge-controller/poses; echo
curl -X DELETE "http://localhost:8000/avatarforge-controller/generations/$generation_id"; echo
