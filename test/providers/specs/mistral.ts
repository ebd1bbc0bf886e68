/** Mistral. Formats: https://docs.mistral.ai/api */
import { mistral } from "../../../src/providers/mistral.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const mistralSpec: ProviderSpec = {
  provider: mistral,
  model: "mistral-small-2603",
  settings: { env: {}, apiKey: "mi-test" },
  url: "https://api.mistral.ai/v1/chat/completions",
  auth: { authorization: "Bearer mi-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(13, 8), responseModel: "mistral-small-2603" },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(13, 8) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(13, 8) },
  tool: { file: "tool.json", usage: usage(13, 8) },
  toolStream: { file: "tool-stream.sse", usage: usage(13, 8) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(1030, 46, { cacheReadTokens: 1024 }) },
}
