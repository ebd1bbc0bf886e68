/** Fireworks AI. Formats: https://docs.fireworks.ai/api-reference/post-chatcompletions */
import { fireworks } from "../../../src/providers/fireworks.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const fireworksSpec: ProviderSpec = {
  provider: fireworks,
  model: "gpt-oss-20b",
  settings: { env: {}, apiKey: "fw-test" },
  url: "https://api.fireworks.ai/inference/v1/chat/completions",
  auth: { authorization: "Bearer fw-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(77, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(77, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(77, 9) },
  tool: { file: "tool.json", usage: usage(77, 9) },
  toolStream: { file: "tool-stream.sse", usage: usage(77, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2077, 120, { cacheReadTokens: 1920 }) },
}
