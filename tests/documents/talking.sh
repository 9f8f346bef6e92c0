# The Talking Avatar document's calls with curl, one line of JSON for each answer.
base="http://localhost:8000/api/v1"
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

curl -s "$base/health"; echo
image=$(curl -s -X POST "$base/upload/image" -F "file=@avatar.jpg")
audio=$(curl -s -X POST "$base/upload/audio" -F "file=@speech.wav")
echo "$image"
echo "$audio"
image=$(echo "$image" | member filename)
audio=$(echo "$audio" | member filename)
video=$(curl -s -X POST "$base/generate" \
  -H "Content-Type: application/json" \
  -d "{
    \"image_filename\": \"$image\",
    \"audio_filename\": \"$audio\",
    \"output_fps\": 25,
    \"output_resolution\": 512
  }")
echo "$video"
video=$(echo "$video" | member video_filename)
job=$(curl -s -X POST "$base/generate/async" \
  -H "Content-Type: application/json" \
  -d "{\"image_filename\": \"$image\", \"audio_filename\": \"$audio\"}")
echo "$job"
job=$(echo "$job" | member job_id)
curl -s "$base/status/$job"; echo
curl -s "$base/download/$video" -o output.mp4
curl -s -X DELETE "$base/cleanup/$video"; echo
curl -s "$base/download/$video"; echo
