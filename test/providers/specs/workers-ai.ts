/** Workers AI over its REST API. Formats: https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/ */
import { workersAi } from "../../../src/providers/workers-ai.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const workersAiSpec: ProviderSpec = {
  provider: workersAi,
  model: "openai/gpt-oss-20b",
  settings: { env: { CLOUDFLARE_ACCOUNT_ID: "acc1" }, apiKey: "cf-test" },
  url: "https://api.cloudflare.com/client/v4/accounts/acc1/ai/run/@cf/openai/gpt-oss-20b",
  auth: { authorization: "Bearer cf-test", "cf-aig-gateway-id": "default" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(77, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(77, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(77, 9) },
  tool: { file: "tool.json", usage: usage(77, 9) },
  toolStream: { file: "tool-stream.sse", usage: usage(77, 9) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2077, 120, { cacheReadTokens: 1920 }) },
}
