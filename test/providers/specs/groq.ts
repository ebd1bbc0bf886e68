/** Groq. Formats: https://console.groq.com/docs/api-reference */
import { groq } from "../../../src/providers/groq.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const groqSpec: ProviderSpec = {
  provider: groq,
  model: "openai/gpt-oss-20b",
  settings: { env: {}, apiKey: "gq-test" },
  url: "https://api.groq.com/openai/v1/chat/completions",
  auth: { authorization: "Bearer gq-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(76, 12) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(76, 12) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(76, 12) },
  tool: { file: "tool.json", usage: usage(76, 12) },
  toolStream: { file: "tool-stream.sse", usage: usage(76, 12) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2076, 140, { cacheReadTokens: 1920, reasoningTokens: 96 }) },
  requestId: { headers: { "x-request-id": "req_01kh" }, id: "req_01kh" },
}
