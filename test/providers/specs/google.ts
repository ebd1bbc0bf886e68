/** The Gemini API. Formats: https://ai.google.dev/api/generate-content */
import { google } from "../../../src/providers/google.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const googleSpec: ProviderSpec = {
  provider: google,
  model: "gemini-3-flash",
  settings: { env: {}, apiKey: "AIza-test" },
  url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash:generateContent",
  streamUrl: "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse",
  auth: { "x-goog-api-key": "AIza-test" },
  text: {
    file: "text.json",
    says: "Bonjour, très cher !",
    usage: usage(12, 6),
    responseId: "JniLacKqGqH0xs0P0O776As",
    responseModel: "gemini-3-flash",
  },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(12, 6) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(8, 10) },
  tool: { file: "tool.json", usage: usage(43, 79, { reasoningTokens: 64 }) },
  toolStream: { file: "tool-stream.sse", usage: usage(43, 79, { reasoningTokens: 64 }) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2100, 204, { cacheReadTokens: 2048, reasoningTokens: 200 }) },
}
