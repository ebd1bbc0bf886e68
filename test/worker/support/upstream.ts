/**
 * The models behind the gateway in tests inside workerd: one server on OpenAI's wire, at `UPSTREAM`. What a model does
 * follows from its name alone, so tests share nothing: `busy` is overloaded, `limited` and `broke` refuse, `echo` repeats what
 * it was sent, `caller` calls the first tool, `longwinded` stops at its token limit, `cut` breaks off, `drip` falls silent, `slow` never begins, `held` stays while
 * the hand that it was asked about is held, `rambler` answers in JSON only when it is told to, and
 * every other says its name.
 */
import {
  type ChatRequest,
  chunk,
  chunksOf,
  fail,
  json,
  type ScriptedCall,
  say,
  stream,
  streamThen,
} from "../../gateway/wire.ts"
import { enterAsked } from "./hands.ts"

export const UPSTREAM = "https://upstream.test/v1"

interface Request extends ChatRequest {
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

export const upstream: typeof fetch = async (input, init) => {
  const body: Request = JSON.parse(String(init?.body))
  const url = String(input)
  if (url.endsWith("/embeddings")) return embeddings(body)
  if (url.endsWith("/moderations")) return moderations(body)
  const call = { body } as ScriptedCall // scripts of this server look at the body alone
  switch (body.model) {
    case "busy":
      return fail(503)(call)
    case "limited":
      return fail(429, { error: { message: "slow down", code: "rate_limit_exceeded" } })(call)
    case "broke":
      return fail(429, { error: { message: "pay up", code: "insufficient_quota" } })(call)
    case "strict":
      return fail(400, { error: { message: "maximum context length is 10 tokens", code: "context_length_exceeded" } })(
        call,
      )
    case "echo":
      return say(JSON.stringify(body))(call)
    case "rambler":
      return say(JSON.stringify(body.messages).includes("JSON only") ? '{"amount":7}' : "Seven, I would say, or {not")(
        call,
      )
    case "json":
      return say('{"city":"Paris"}')(call)
    case "caller":
      return toolCall(body)
    case "longwinded":
      return say("Once upon", { finish: "length" })(call)
    case "cut":
      return new Response(`data: ${JSON.stringify(chunk({ content: "I am c" }))}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      })
    case "drip":
      return streamThen([chunk({ content: "I am" })], "silent")({ ...call, signal: init?.signal ?? undefined })
    case "held":
      await enterAsked(body)
      return say("Let go.")(call)
    case "slow":
      return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)))
    default:
      return say(`I am ${body.model}.`)(call)
  }
}

function toolCall(body: Request): Response | Promise<Response> {
  const call = { name: body.tools?.[0]?.function.name ?? "", arguments: '{"city":"Paris"}' }
  if (!body.stream) return say("", { toolCalls: [call] })({ body } as ScriptedCall)
  const delta = { tool_calls: [{ index: 0, id: "call_0", type: "function", function: call }] }
  return stream([chunk(delta), ...chunksOf("", { finish: "tool_calls" })])
}

/** Each text's length, and one. */
function embeddings({ input = [] }: Request): Response {
  const data = input.map((text, index) => ({ object: "embedding", index, embedding: [text.length, 1] }))
  return json({ object: "list", data, model: "embedder", usage: { prompt_tokens: 4, total_tokens: 4 } })
}

function moderations({ input = [] }: Request): Response {
  const results = input.map((text) => ({
    flagged: text.includes("kill"),
    category_scores: { violence: text.includes("kill") ? 0.98 : 0.01, hate: 0.02 },
  }))
  return json({ id: "modr-1", model: "moderate", results })
}
