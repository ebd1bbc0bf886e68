/** A chat answer on the wire: one `chat.completion`, or its chunks as server-sent events with a closing `[DONE]`. */
import type { ChatAnswer } from "./chat.ts"
import { FINGERPRINT } from "./models.ts"
import type { ChatRequest } from "./requests.ts"
import { CHARACTERS_PER_TOKEN, estimateTokens } from "./tokens.ts"

/** Characters in one chunk of a stream: a few words, as a language model's would be. */
const CHUNK_CHARACTERS = 24

export interface ReplyIdentity {
  readonly id: string
  /** Seconds since the epoch. */
  readonly created: number
}

export function chatResponse(answer: ChatAnswer, request: ChatRequest, identity: ReplyIdentity): Response {
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY
  const whole = answer.content
  const isCut = whole !== null && estimateTokens(whole) > limit
  const content = isCut ? whole.slice(0, limit * CHARACTERS_PER_TOKEN) : whole
  const completionTokens = estimateTokens(content ?? answer.refusal ?? "")
  const ending = {
    finish_reason: isCut ? "length" : "stop",
    usage: {
      prompt_tokens: answer.promptTokens,
      completion_tokens: completionTokens,
      total_tokens: answer.promptTokens + completionTokens,
    },
  }
  const headers = { "x-waybill-method": answer.waybill.method }
  if (request.stream === true) return streamed({ ...answer, content }, request, identity, ending, headers)
  const { finish_reason, usage } = ending
  const message = { role: "assistant", content, refusal: answer.refusal }
  return Response.json(
    {
      ...common(answer, identity, "chat.completion"),
      choices: [{ index: 0, message, logprobs: null, finish_reason }],
      usage,
      waybill: answer.waybill,
    },
    { headers },
  )
}

function common(answer: ChatAnswer, { id, created }: ReplyIdentity, object: string) {
  return { id, object, created, model: `local/${answer.model}`, system_fingerprint: FINGERPRINT }
}

function streamed(
  answer: ChatAnswer,
  request: ChatRequest,
  identity: ReplyIdentity,
  ending: { readonly finish_reason: string; readonly usage: object },
  headers: Record<string, string>,
): Response {
  const base = common(answer, identity, "chat.completion.chunk")
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): object => ({
    ...base,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...more,
  })
  const key = answer.content === null ? "refusal" : "content"
  const pieces = (answer.content ?? answer.refusal ?? "").match(new RegExp(`[^]{1,${CHUNK_CHARACTERS}}`, "gu")) ?? []
  const events = [
    chunk({ role: "assistant", [key]: "" }),
    ...pieces.map((piece) => chunk({ [key]: piece })),
    chunk({}, ending.finish_reason, { waybill: answer.waybill }),
    ...(request.stream_options?.include_usage === true ? [{ ...base, choices: [], usage: ending.usage }] : []),
  ]
  const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`
  return new Response(body, {
    headers: { ...headers, "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  })
}
