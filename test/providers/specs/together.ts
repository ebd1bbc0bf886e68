/** Together AI. Formats: https://docs.together.ai/reference/chat-completions-1 */
import { together } from "../../../src/providers/together.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const togetherSpec: ProviderSpec = {
  provider: together,
  model: "openai/gpt-oss-20b",
  settings: { env: {}, apiKey: "tg-test" },
  url: "https://api.together.xyz/v1/chat/completions",
  auth: { authorization: "Bearer tg-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(77, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(77, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(77, 9) },
  tool: { file: "tool.json", usage: usage(77, 9) },
  toolStream: { file: "tool-stream.sse", usage: usage(77, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2077, 120, { cacheReadTokens: 1920, reasoningTokens: 80 }) },
}
