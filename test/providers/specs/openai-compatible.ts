/** A server of one's own, here vLLM. Formats: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html */
import { openaiCompatible } from "../../../src/providers/openai-compatible.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const openaiCompatibleSpec: ProviderSpec = {
  provider: openaiCompatible,
  model: "qwen3-8b",
  settings: { env: { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:8000/v1" }, apiKey: "vllm-test" },
  url: "http://127.0.0.1:8000/v1/chat/completions",
  auth: { authorization: "Bearer vllm-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(23, 8) },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(23, 8) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(23, 8) },
  tool: { file: "tool.json", usage: usage(23, 8) },
  toolStream: { file: "tool-stream.sse", usage: usage(23, 8) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2100, 90, { cacheReadTokens: 2048 }) },
}
