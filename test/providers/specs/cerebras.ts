/** Cerebras. Formats: https://inference-docs.cerebras.ai/api-reference/chat-completions */
import { cerebras } from "../../../src/providers/cerebras.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const cerebrasSpec: ProviderSpec = {
  provider: cerebras,
  model: "gpt-oss-120b",
  settings: { env: {}, apiKey: "cb-test" },
  url: "https://api.cerebras.ai/v1/chat/completions",
  auth: { authorization: "Bearer cb-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(77, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(77, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(77, 9) },
  tool: { file: "tool.json", usage: usage(77, 9) },
  toolStream: { file: "tool-stream.sse", usage: usage(77, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2077, 120, { cacheReadTokens: 1920, reasoningTokens: 80 }) },
}
