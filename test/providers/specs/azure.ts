/** Azure OpenAI, on the same Responses API as OpenAI. Formats: https://learn.microsoft.com/azure/ai-services/openai/reference-preview-latest */
import { azure } from "../../../src/providers/azure.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const azureSpec: ProviderSpec = {
  provider: azure,
  model: "gpt-5-nano",
  settings: { env: { AZURE_RESOURCE_NAME: "acme" }, apiKey: "az-test" },
  url: "https://acme.openai.azure.com/openai/v1/responses?api-version=v1",
  auth: { "api-key": "az-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(19, 7) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(19, 7) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(61, 11) },
  tool: { file: "tool.json", usage: usage(52, 84, { reasoningTokens: 64 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(52, 20) },
  image: true,
  thinking: {
    file: "thinking.json",
    usage: usage(2006, 300, { cacheReadTokens: 1920, cacheWriteTokens: 64, reasoningTokens: 256 }),
  },
  requestId: { headers: { "apim-request-id": "2f1c8a44" }, id: "2f1c8a44" },
}
