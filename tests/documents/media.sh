# The Media Generation document's calls with curl, one JSON answer a line.
BASE="http://localhost:8000"
member() { sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/"; }

simple=$(curl -s -X POST "$BASE/api/v1/jobs/generate" \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "A beautiful sunset over mountains with vibrant colors",
    "parameters": {"width": 256, "height": 256, "num_inference_steps": 4}
  }')
echo "$simple"
id=$(echo "$simple" | member id)

hooked=$(curl -s -X POST "$BASE/api/v1/jobs/generate" \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "A futuristic cityscape at night",
    "parameters": {"aspect_ratio": "16:9", "output_quality": 90, "seed": 12345},
    "webhook_url": "https://your-app.invalid/webhooks/media-complete",
    "metadata": {"user_id": "user123", "session_id": "sess456"}
  }')
echo "$hooked"
cancelled=$(echo "$hooked" | member id)
curl -s -o /dev/null -w '{"status_code":%{http_code},"size":%{size_download}}\n' \
  -X DELETE "$BASE/api/v1/jobs/$cancelled"
curl -s "$BASE/api/v1/jobs/status/$cancelled"
echo

status=""
until [ "$status" = completed ] || [ "$status" = failed ]; do
  sleep 0.1
  answer=$(curl -s "$BASE/api/v1/jobs/status/$id")
  status=$(echo "$answer" | member status)
done
echo "$answer"
curl -s "$BASE/api/v1/jobs?page=1&per_page=20&status=completed"
echo

media=$(echo "$answer" | sed -E 's/.*"media":\[\{"id":"([^"]*)".*/\1/')
curl -s "$BASE/api/v1/media/$media/info"
echo
curl -s "$BASE/api/v1/media/$media" -o downloaded_image.png
curl -s -o /dev/null -w '{"status_code":%{http_code},"size":%{size_download}}\n' \
  -X DELETE "$BASE/api/v1/media/$media"
curl -s "$BASE/api/v1/jobs/status/$id"
echo
for probe in health health/live health/ready; do
  curl -s "$BASE/api/v1/$probe"
  echo
done
curl -s -X POST "$BASE/api/v1/jobs/generate" \
  -H "Content-Type: application/json" \
  -d '{"prompt": "", "parameters": {"width": -1, "height": 5000}}'
echo
