/** The embedded model server: OpenAI's chat completions, and `waybill.method` in every answer. */
import { local } from "../../../src/providers/local.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const localSpec: ProviderSpec = {
  provider: local,
  model: "extract",
  settings: { env: { LOCAL_MODELS_URL: "http://127.0.0.1:8799" } },
  url: "http://127.0.0.1:8799/v1/chat/completions",
  auth: { "content-type": "application/json" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(14, 9) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(14, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(14, 9) },
}
