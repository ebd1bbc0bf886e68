/** Gemini on Vertex AI, here by an express key. Formats: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference */
import { googleVertex } from "../../../src/providers/google-vertex.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const googleVertexSpec: ProviderSpec = {
  provider: googleVertex,
  model: "gemini-3-flash",
  settings: { env: { GOOGLE_VERTEX_PROJECT: "acme", GOOGLE_VERTEX_LOCATION: "europe-west1" }, apiKey: "vx-test" },
  url: "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1/publishers/google/models/gemini-3-flash:generateContent",
  streamUrl:
    "https://europe-west1-aiplatform.googleapis.com/v1/projects/acme/locations/europe-west1/publishers/google/models/gemini-3-flash:streamGenerateContent?alt=sse",
  auth: { "x-goog-api-key": "vx-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(12, 6) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(12, 6) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(8, 10) },
  tool: { file: "tool.json", usage: usage(43, 79, { reasoningTokens: 64 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(43, 79, { reasoningTokens: 64 }) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2100, 204, { cacheReadTokens: 2048, reasoningTokens: 200 }) },
}
