/** Bedrock's Converse API. Formats: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and …ConverseStream.html */
import { bedrock } from "../../../src/providers/bedrock.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const bedrockSpec: ProviderSpec = {
  provider: bedrock,
  model: "eu.anthropic.claude-sonnet-5",
  settings: { env: { AWS_REGION: "eu-central-1" }, apiKey: "br-test" },
  url: "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-5/converse",
  streamUrl: "https://bedrock-runtime.eu-central-1.amazonaws.com/model/eu.anthropic.claude-sonnet-5/converse-stream",
  auth: { authorization: "Bearer br-test" },
  text: { file: "text.json", says: "Bonjour, très cher !", usage: usage(19, 9) },
  stream: { file: "stream.frames.json", says: "Bonjour, très cher !", usage: usage(19, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(212, 16) },
  tool: { file: "tool.json", usage: usage(384, 73) },
  toolStream: { file: "tool-stream.frames.json", usage: usage(384, 54) },
  image: true,
  thinking: { file: "thinking.json", usage: usage(2059, 140, { cacheReadTokens: 1800, cacheWriteTokens: 248 }) },
  requestId: { headers: { "x-amzn-requestid": "2f1c8a44" }, id: "2f1c8a44" },
}
