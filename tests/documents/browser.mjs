// The JavaScript clients: health, upload, a hook that polls, and a server that uploads, generates and waits.
import { readFile } from "node:fs/promises";

const API = "http://localhost:8000/avatarforge-controller";
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const health = await (await fetch(`${API}/health`)).json();

async function uploadPoseImage(file) {
  const formData = new FormData();
  formData.append("file", file);
  const response = await fetch(`${API}/upload/pose_image`, { method: "POST", body: formData });
  if (!response.ok) {
    const error = await response.json();
    throw new Error(error.detail || "Upload failed");
  }
  return response.json();
}

async function generate(body) {
  const response = await fetch(`${API}/generate/avatar`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  let data = await response.json();
  const statuses = [data.status];
  for (let attempts = 0; attempts < 600; attempts++) {
    const polled = await fetch(`${API}/generations/${data.generation_id}`);
    data = await polled.json();
    statuses.push(data.status);
    if (data.status === "completed" || data.status === "failed") break;
    await sleep(100);
  }
  return { data, statuses };
}

const uploaded = await uploadPoseImage(new File([await readFile("my_pose.png")], "my_pose.png"));
let refused = "";
try {
  await uploadPoseImage(new File(["no picture"], "notes.txt"));
} catch (error) {
  refused = error.message;
}

// The hook leaves an undefined id out of the body, the server sends null and what its form left empty.
const fromHook = await generate({ prompt: "a ranger", pose_file_id: undefined, realism: false });
const { clothing, style } = { clothing: "leather jacket", style: undefined };
const fromServer = await generate({ prompt: "a ranger", pose_file_id: null, clothing, style, realism: false });
const image = await fetch(new URL(fromHook.data.output_files[0].url, API));

console.log(
  JSON.stringify({
    health,
    uploaded,
    refused,
    fromHook,
    fromServer,
    image: { type: image.headers.get("content-type"), size: (await image.arrayBuffer()).byteLength },
  }),
);
