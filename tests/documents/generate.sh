# All ways to generate and to list; every answer on a line of its own.
pose_file_id=$(curl -X POST http://localhost:8000/avatarforge-controller/upload/pose_image \
  -F "file=@my_pose.png" | sed 's/.*"file_id":"\([^"]*\)".*/\1/')

curl -X POST http://localhost:8000/avatarforge-controller/generate/avatar \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "female warrior, determined expression, battle stance",
    "pose_file_id": "'"$pose_file_id"'",
    "reference_file_id": null,
    "clothing": "full plate armor, red cape, silver trim",
    "style": "watercolor painting",
    "realism": false
  }'; echo

for view in front back side quarter; do
  curl -X POST "http://localhost:8000/avatarforge-controller/generate_pose?pose=$view" \
    -H "Content-Type: application/json" \
    -d '{
      "prompt": "knight character, silver armor",
      "realism": false
    }'; echo
done

curl -X POST http://localhost:8000/avatarforge-controller/generate_all_poses \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "knight character, silver armor, red cape",
    "clothing": "full plate armor",
    "realism": false
  }'; echo

curl "http://localhost:8000/avatarforge-controller/generations?limit=50&offset=0"; echo
curl "http://localhost:8000/avatarforge-controller/generations?status=completed&limit=100"; echo
curl "http://localhost:8000/avatarforge-controller/generations?status=failed&limit=20"; echo
curl "http://localhost:8000/avatarforge-controller/generations?status=processing"; echo
curl "http://localhost:8000/avatarforge-controller/generations?limit=50&offset=50"; echo
curl "http://localhost:8000/avatarforge-controller/generations?limit=50&offset=100"; echo
