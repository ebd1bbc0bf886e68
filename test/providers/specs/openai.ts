/** OpenAI on the Responses API. Formats: https://platform.openai.com/docs/api-reference/responses */
import { openai } from "../../../src/providers/openai.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const openaiSpec: ProviderSpec = {
  provider: openai,
  model: "gpt-5-nano",
  settings: { env: {}, apiKey: "sk-test" },
  url: "https://api.openai.com/v1/responses",
  auth: { authorization: "Bearer sk-test" },
  text: {
    file: "text.json",
    says: "Bonjour, très cher !",
    usage: usage(19, 7),
    responseId: "resp_68a1f0c2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6",
    responseModel: "gpt-5-nano-2025-08-07",
  },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(19, 7) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(61, 11) },
  tool: { file: "tool.json", usage: usage(52, 84, { reasoningTokens: 64 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(52, 20) },
  image: true,
  thinking: {
    file: "thinking.json",
    usage: usage(2006, 300, { cacheReadTokens: 1920, cacheWriteTokens: 64, reasoningTokens: 256 }),
  },
  requestId: { headers: { "x-request-id": "req_9f2a" }, id: "req_9f2a" },
}
