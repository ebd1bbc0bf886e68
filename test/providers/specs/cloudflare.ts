/** Cloudflare's model catalogue over its REST API. Formats: https://developers.cloudflare.com/ai-gateway/usage/rest-api/ */
import { cloudflare } from "../../../src/providers/cloudflare.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const cloudflareSpec: ProviderSpec = {
  provider: cloudflare,
  model: "anthropic/claude-opus-4.8",
  settings: { env: { CLOUDFLARE_ACCOUNT_ID: "acc1" }, apiKey: "cf-test" },
  url: "https://api.cloudflare.com/client/v4/accounts/acc1/ai/v1/chat/completions",
  auth: { authorization: "Bearer cf-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(19, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(19, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(19, 9) },
  tool: { file: "tool.json", usage: usage(19, 9) },
  toolStream: { file: "tool-stream.sse", usage: usage(19, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2059, 140, { cacheReadTokens: 1800 }) },
}
