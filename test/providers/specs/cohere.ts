/** Cohere's v2 API. Formats: https://docs.cohere.com/reference/chat and …/chat-stream. Usage is what is billed, not what is counted. */
import { cohere } from "../../../src/providers/cohere.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const cohereSpec: ProviderSpec = {
  provider: cohere,
  model: "command-a-03-2025",
  settings: { env: {}, apiKey: "co-test" },
  url: "https://api.cohere.com/v2/chat",
  auth: { authorization: "Bearer co-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(12, 7), responseId: "e7592632-1e3d-424f" },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(12, 7) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(9, 11) },
  tool: { file: "tool.json", usage: usage(52, 20) },
  toolStream: { file: "tool-stream.sse", usage: usage(52, 20) },
  thinking: { file: "thinking.json", usage: usage(12, 60) },
  requestId: { headers: { "x-debug-trace-id": "9f2a" }, id: "9f2a" },
}
