/** OpenRouter. Formats: https://openrouter.ai/docs/api/reference/overview */
import { openrouter } from "../../../src/providers/openrouter.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const openrouterSpec: ProviderSpec = {
  provider: openrouter,
  model: "openai/gpt-5-nano",
  settings: { env: {}, apiKey: "or-test" },
  url: "https://openrouter.ai/api/v1/chat/completions",
  auth: { authorization: "Bearer or-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(19, 7), responseId: "gen-1795348800-abc123" },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(19, 7) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(19, 7) },
  tool: { file: "tool.json", usage: usage(19, 7) },
  toolStream: { file: "tool-stream.sse", usage: usage(19, 7) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2006, 300, { cacheReadTokens: 1920, reasoningTokens: 256 }) },
}
