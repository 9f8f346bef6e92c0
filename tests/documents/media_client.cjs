// The Media Generation document's client for Node: axios, polling, and a download as a stream.
const axios = require("axios");
const fs = require("fs");

class MediaGenClient {
  constructor(baseUrl = "http://localhost:8000") {
    this.baseUrl = baseUrl;
    this.client = axios.create({ baseURL: baseUrl });
  }

  async createJob(prompt, parameters = {}, webhookUrl = null) {
    const data = { prompt, parameters };
    if (webhookUrl) data.webhook_url = webhookUrl;
    return (await this.client.post("/api/v1/jobs/generate", data)).data;
  }

  async getJobStatus(jobId) {
    return (await this.client.get(`/api/v1/jobs/status/${jobId}`)).data;
  }

  async waitForCompletion(jobId, timeout = 600000, pollInterval = 5000) {
    const startTime = Date.now();
    while (Date.now() - startTime < timeout) {
      const status = await this.getJobStatus(jobId);
      if (["completed", "failed", "cancelled"].includes(status.status)) return status;
      await new Promise((resolve) => setTimeout(resolve, pollInterval));
    }
    throw new Error(`${jobId} took longer than ${timeout} ms`);
  }

  async downloadMedia(mediaId, outputPath) {
    const response = await this.client.get(`/api/v1/media/${mediaId}`, { responseType: "stream" });
    const writer = fs.createWriteStream(outputPath);
    response.data.pipe(writer);
    return new Promise((resolve, reject) => {
      writer.on("finish", resolve);
      writer.on("error", reject);
    });
  }
}

async function main() {
  const client = new MediaGenClient();
  const job = await client.createJob("A serene lake with mountains reflected in the water", {
    aspect_ratio: "1:1",
    output_quality: 85,
  });
  const result = await client.waitForCompletion(job.id);
  if (result.status === "completed") await client.downloadMedia(result.media[0].id, "generated_lake.png");
  console.log(JSON.stringify({ job, result }));
}

main();
