/** Anthropic's Messages API. Formats: https://platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming */
import { anthropic } from "../../../src/providers/anthropic.ts"
import type { ProviderSpec } from "../provider-contract.ts"
import { usage } from "../usage.ts"

export const anthropicSpec: ProviderSpec = {
  provider: anthropic,
  model: "claude-sonnet-5",
  settings: { env: {}, apiKey: "sk-ant-test" },
  url: "https://api.anthropic.com/v1/messages",
  auth: { "x-api-key": "sk-ant-test", "anthropic-version": "2023-06-01" },
  text: {
    file: "text.json",
    says: "Bonjour, très cher !",
    usage: usage(19, 9),
    responseId: "msg_01XFDUDYJgAACzvnptvVoYEL",
    responseModel: "claude-sonnet-5-20260901",
  },
  stream: { file: "stream.sse", says: "Bonjour, très cher !", usage: usage(19, 9) },
  structured: { file: "structured.json", says: '{"topic":"billing","urgent":true}', usage: usage(212, 16) },
  tool: { file: "tool.json", usage: usage(384, 73) },
  toolStream: { file: "tool-stream.sse", usage: usage(384, 54) },
  image: true,
  thinking: {
    file: "thinking.sse",
    usage: usage(2059, 140, { cacheReadTokens: 1800, cacheWriteTokens: 248, reasoningTokens: 128 }),
  },
  requestId: { headers: { "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy" }, id: "req_011CSHoEeqs5C35K2UUqR7Fy" },
}
