/** xAI's Responses API. Formats: https://docs.x.ai/docs/api-reference */
import { xai } from "../../../src/providers/xai.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const xaiSpec: ProviderSpec = {
  provider: xai,
  model: "grok-4.6",
  settings: { env: {}, apiKey: "xai-test" },
  url: "https://api.x.ai/v1/responses",
  auth: { authorization: "Bearer xai-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(18, 7) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(18, 7) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(60, 10) },
  tool: { file: "tool.json", usage: usage(261, 90, { reasoningTokens: 64 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(261, 26) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2018, 356, { cacheReadTokens: 1920, reasoningTokens: 340 }) },
}
