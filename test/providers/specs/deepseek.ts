/** DeepSeek. Formats: https://api-docs.deepseek.com/api/create-chat-completion */
import { deepseek } from "../../../src/providers/deepseek.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const deepseekSpec: ProviderSpec = {
  provider: deepseek,
  model: "deepseek-v4-flash",
  settings: { env: {}, apiKey: "ds-test" },
  url: "https://api.deepseek.com/chat/completions",
  auth: { authorization: "Bearer ds-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(18, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(18, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(18, 9) },
  tool: { file: "tool.json", usage: usage(339, 92, { cacheReadTokens: 320, reasoningTokens: 48 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(339, 92, { cacheReadTokens: 320, reasoningTokens: 48 }) },
  thinking: { file: "thinking.json", usage: usage(339, 219, { cacheReadTokens: 320, reasoningTokens: 205 }) },
}
