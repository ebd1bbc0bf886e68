/** Perplexity. Formats: https://docs.perplexity.ai/api-reference/chat-completions-post. Streams end without `[DONE]`; every chunk tells the usage so far. */
import { perplexity } from "../../../src/providers/perplexity.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const perplexitySpec: ProviderSpec = {
  provider: perplexity,
  model: "sonar",
  settings: { env: {}, apiKey: "px-test" },
  url: "https://api.perplexity.ai/chat/completions",
  auth: { authorization: "Bearer px-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(11, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(11, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(11, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(11, 9455, { reasoningTokens: 9021 }) },
}
