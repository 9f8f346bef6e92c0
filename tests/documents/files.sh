# Uploads, look-up by hash, download and both ways to delete; every answer on a line of its own.
uploaded=$(curl -X POST http://localhost:8000/avatarforge-controller/upload/pose_image \
  -F "file=@pose.png" \
  -H "Accept: application/json")
echo "$uploaded"
file_id=$(echo "$uploaded" | sed 's/.*"file_id":"\([^"]*\)".*/\1/')

curl -X POST http://localhost:8000/avatarforge-controller/upload/reference_image \
  -F "file=@reference.jpg"; echo

HASH=$(sha256sum pose.png | awk '{print $1}')
curl "http://localhost:8000/avatarforge-controller/files/hash/$HASH"; echo

curl "http://localhost:8000/avatarforge-controller/files/$file_id" \
  --output downloaded_image.png

curl -X DELETE "http://localhost:8000/avatarforge-controller/files/$file_id"; echo
curl "http://localhost:8000/avatarforge-controller/files/hash/$HASH"; echo
curl -X DELETE "http://localhost:8000/avatarforge-controller/files/$file_id?force=true"; echo
