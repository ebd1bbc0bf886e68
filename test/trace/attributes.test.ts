/** Attributes by the GenAI conventions, in both editions, and content only where it was asked for. */
import { describe, expect, it } from "vitest"
import { isBlobRef } from "../../src/lib/blob-ref.ts"
import type { Operation } from "../../src/model/operation.ts"
import type { OperationRecord } from "../../src/model/record.ts"
import type { OperationResult } from "../../src/model/result.ts"
import { type EventData, type NewEvent, stepEvent } from "../../src/run/event.ts"
import type { TraceOptions } from "../../src/trace/span.ts"
import { traceSpans } from "../../src/trace/trace.ts"
import { attempt, completed, failed, operation, operationRecord, runLog, started, usage } from "../support/log.ts"
import { attributesOf, named } from "./read-spans.ts"

const IMAGE = { $blob: `sha256:${"a".repeat(64)}`, bytes: 10, mediaType: "image/png" } as const

const ASKED: Operation = {
  type: "generate",
  messages: [
    { role: "system", content: "Be kind." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is wrong?" },
        { type: "media", media: IMAGE },
      ],
    },
    { role: "assistant", content: [{ type: "tool-call", id: "c1", name: "lookup", input: { id: 7 } }] },
    { role: "tool", content: [{ type: "tool-result", id: "c1", name: "lookup", output: { plan: "pro" } }] },
  ],
  output: { name: "decision", schema: { type: "object" } },
  tools: [{ name: "lookup", description: "Finds a customer.", input: { type: "object" } }],
  maxOutputTokens: 500,
  temperature: 0,
}

const ANSWERED: OperationResult = {
  type: "generate",
  text: "A double charge.",
  toolCalls: [{ type: "tool-call", id: "c2", name: "refund", input: { cents: 4_900 } }],
  reasoning: [{ type: "reasoning", text: "Two rows are the same." }],
  finishReason: { unified: "tool-calls", raw: "tool_use" },
}

const SERVED = attempt(2, {
  provider: "anthropic",
  model: "claude-opus-5",
  usage: usage(1_000, 200, { cacheReadTokens: 300, cacheWriteTokens: 100, reasoningTokens: 50 }),
  costNanoUsd: 4_250_000,
  firstTokenMs: 420,
  finishReason: { unified: "tool-calls", raw: "tool_use" },
  status: 200,
  responseId: "msg_1",
  responseModel: "claude-opus-5-20260801",
  requestId: "req_1",
  region: "eu",
  waitedMs: 250,
  gateway: { "cf-aig-log-id": "01JD" },
})

function operationEvent(record: OperationRecord, data: Partial<EventData["operation.completed"]> = {}): NewEvent {
  return stepEvent("operation.completed", "decision", 1, { index: 0, record, ...data })
}

function spans(event: NewEvent, options?: TraceOptions) {
  return [...traceSpans(runLog(started("decision"), event, completed("decision")), options)]
}

describe("a call", () => {
  const event = operationEvent(operationRecord([SERVED]), { request: ASKED, response: ANSWERED })

  it("[TRACE4] has the names of v1.41 unless the latest edition is asked for", () => {
    expect(attributesOf(named(spans(event), "chat claude-opus-5"))).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.model": "claude-opus-5",
      "gen_ai.output.type": "json",
      "gen_ai.request.max_tokens": 500,
      "gen_ai.request.temperature": 0,
      "gen_ai.request.stream": true,
      "gen_ai.response.time_to_first_chunk": 0.42,
      "gen_ai.response.id": "msg_1",
      "gen_ai.response.model": "claude-opus-5-20260801",
      "gen_ai.response.finish_reasons": ["tool_use"],
      "gen_ai.usage.input_tokens": 1_000,
      "gen_ai.usage.output_tokens": 200,
      "gen_ai.usage.cache_read.input_tokens": 300,
      "gen_ai.usage.cache_creation.input_tokens": 100,
      "gen_ai.usage.reasoning.output_tokens": 50,
      "gen_ai.usage.cost": 0.00425,
      "waybill.cost.nano_usd": 4_250_000,
      "http.response.status_code": 200,
      "waybill.attempt.index": 2,
      "waybill.attempt.of": 1,
      "waybill.attempt.outcome": "succeeded",
      "waybill.attempt.waited_ms": 250,
      "waybill.residency": "eu",
      "waybill.provider.request_id": "req_1",
      "http.response.header.cf-aig-log-id": ["01JD"],
    })
    const latest = attributesOf(named(spans(event, { conventions: "latest" }), "chat claude-opus-5"))
    expect(latest).toMatchObject({
      "gen_ai.usage.cache_write.input_tokens": 100,
      "gen_ai.usage.cache_creation.input_tokens": 100,
      "gen_ai.usage.cost.amount": 0.00425,
      "gen_ai.usage.cost.currency": "USD",
      "gen_ai.usage.cost.source": "local",
    })
    expect(latest).not.toHaveProperty("gen_ai.usage.cost")
  })

  it("[TRACE4] usage and cost are on calls alone: what adds up the spans adds up the run", () => {
    const record = operationRecord([attempt(1, { outcome: "failed" }), SERVED])
    const all = spans(operationEvent(record)).map(attributesOf)
    const sum = (key: string) => all.reduce((total, attributes) => total + Number(attributes[key] ?? 0), 0)
    expect(sum("waybill.cost.nano_usd")).toBe(record.costNanoUsd)
    expect(sum("gen_ai.usage.input_tokens")).toBe(record.usage.inputTokens)
  })

  it("[TRACE5] holds no prompt, answer, argument or output unless it was asked for", () => {
    const tool = stepEvent("step.started", "t", 1, {
      kind: "tool",
      digest: "d",
      tool: "refund",
      input: { note: "What is wrong?" },
    })
    const done = stepEvent("step.completed", "t", 1, { output: { said: "A double charge." } })
    const log = runLog(started("decision"), event, completed("decision"), tool, done)
    const quiet = JSON.stringify([...traceSpans(log)])
    for (const word of ["What is wrong?", "Be kind", "A double charge", "lookup", "4900", "Two rows"])
      expect(quiet).not.toContain(word)

    const loud = [...traceSpans(log, { content: true })]
    expect(attributesOf(named(loud, "execute_tool refund"))).toMatchObject({
      "gen_ai.tool.call.arguments": '{"note":"What is wrong?"}',
      "gen_ai.tool.call.result": '{"said":"A double charge."}',
    })
    const call = attributesOf(named(loud, "chat claude-opus-5"))
    const parsed = (name: string) => JSON.parse(String(call[name]))
    expect(parsed("gen_ai.system_instructions")).toEqual([{ type: "text", content: "Be kind." }])
    expect(parsed("gen_ai.input.messages")).toEqual([
      {
        role: "user",
        parts: [
          { type: "text", content: "What is wrong?" },
          { type: "uri", modality: "image", mime_type: "image/png", uri: IMAGE.$blob },
        ],
      },
      { role: "assistant", parts: [{ type: "tool_call", id: "c1", name: "lookup", arguments: { id: 7 } }] },
      { role: "tool", parts: [{ type: "tool_call_response", id: "c1", response: { plan: "pro" } }] },
    ])
    expect(parsed("gen_ai.output.messages")).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "reasoning", content: "Two rows are the same." },
          { type: "text", content: "A double charge." },
          { type: "tool_call", id: "c2", name: "refund", arguments: { cents: 4_900 } },
        ],
        finish_reason: "tool_call",
      },
    ])
    expect(parsed("gen_ai.tool.definitions")).toEqual([
      { type: "function", name: "lookup", description: "Finds a customer.", parameters: { type: "object" } },
    ])
  })

  it("takes the step's recorded input for the request when the event has none, also in later attempts", () => {
    const input = JSON.parse(JSON.stringify(ASKED))
    const start = stepEvent("step.started", "decision", 1, { kind: "plan", digest: "d", input })
    const call = operationEvent(operationRecord([SERVED]))
    const retried = [start, failed("decision", 1, 5), started("decision", 2), call, completed("decision", 2)]
    const held = stepEvent("step.interrupted", "decision", 1, { parked: true })
    const again = stepEvent("step.started", "decision", 2, { kind: "plan", digest: "d", input })
    const edited = [started("decision"), held, again, call, completed("decision", 2)]
    for (const log of [[start, call, completed("decision")], retried, edited])
      expect(attributesOf(named([...traceSpans(runLog(...log))], "chat claude-opus-5"))).toMatchObject({
        "gen_ai.output.type": "json",
      })
  })

  it("manages without what lies in the blob store", () => {
    expect(isBlobRef(IMAGE)).toBe(true)
    const partly = { ...ASKED, messages: IMAGE }
    for (const request of [IMAGE, partly as unknown as Operation]) {
      const call = named(
        spans(operationEvent(operationRecord([SERVED]), { request, response: IMAGE }), { content: true }),
        "chat claude-opus-5",
      )
      expect(attributesOf(call)).not.toHaveProperty("gen_ai.input.messages")
      expect(attributesOf(call)).not.toHaveProperty("gen_ai.output.messages")
    }
  })

  it("[TRACE3] that failed says how, in our class, with the provider's own code beside it", () => {
    const failure = {
      class: "provider.rate_limited",
      message: "Slow down",
      status: 429,
      providerCode: "rate_limit",
    } as const
    const record = operationRecord([
      attempt(1, { outcome: "failed", failure, status: 429, costNanoUsd: 0, priced: false }),
    ])
    const call = named(spans(operationEvent(record)), "chat gpt-5-nano")
    expect(call.status).toEqual({ code: 2, message: "Slow down" })
    expect(attributesOf(call)).toMatchObject({
      "error.type": "provider.rate_limited",
      "http.response.status_code": 429,
      "waybill.provider.error_code": "rate_limit",
      "waybill.cost.unpriced": true,
    })
    expect(attributesOf(call)).not.toHaveProperty("gen_ai.usage.cost")
  })
})

describe("an operation", () => {
  it("[TRACE1] says how its model was chosen, and who was skipped and why", () => {
    const decision: OperationRecord["decision"] = {
      routingVersion: "7",
      route: "plan",
      reason: "strong is not configured; extract served",
      candidates: [
        { provider: "anthropic", model: "claude", verdict: "skipped", reason: "not_configured" },
        { provider: "local", model: "extract", verdict: "served", reason: "ok" },
      ],
      rules: ["rules[1]"],
      experiment: { name: "planner", arm: "strong", key: "u1" },
    }
    const event = operationEvent(operationRecord([attempt(1)], { decision, redactions: 3, cache: "miss" }))
    expect(attributesOf(named(spans(event), "generate plan"))).toEqual({
      "waybill.operation.index": 0,
      "waybill.operation.type": "generate",
      "waybill.operation.request_digest": "ab".repeat(32),
      "waybill.operation.cache": "miss",
      "waybill.redaction.count": 3,
      "waybill.route": "plan",
      "waybill.route.version": "7",
      "waybill.decision.reason": "strong is not configured; extract served",
      "waybill.decision.candidates": ["local/extract: served, ok"],
      "waybill.decision.skipped": ["anthropic/claude: skipped, not_configured"],
      "waybill.decision.rules": ["rules[1]"],
      "waybill.experiment.name": "planner",
      "waybill.experiment.arm": "strong",
    })
  })

  it("[TRACE4] a replayed one has no calls below it", () => {
    const log = runLog(
      started("a"),
      operation("a", 1, 0, operationRecord([attempt(1)]), { replayed: true }),
      completed("a"),
    )
    const found = [...traceSpans(log)]
    expect(found.filter(({ kind }) => kind === 3)).toEqual([])
    expect(attributesOf(named(found, "generate plan"))).toMatchObject({ "waybill.operation.replayed": true })
  })

  it("[TRACE4] moderation is a guardrail in the latest edition, with the provider's verdict and none of ours", () => {
    const result: OperationResult = { type: "moderate", results: [{ flagged: true, scores: { hate: 0.9 } }] }
    const local = attempt(1, { provider: "local", model: "moderate" })
    const event = operationEvent(operationRecord([local], { type: "moderate" }), { response: result })
    const guard = named(spans(event, { conventions: "latest" }), "apply_guardrail local/moderate")
    expect(guard.events.map(attributesOf)).toEqual([
      {
        "gen_ai.guardrail.component.name": "local/moderate",
        "gen_ai.guardrail.result.type": "flagged",
        "gen_ai.guardrail.result.value": "true",
      },
    ])
    expect(named(spans(event), "moderation moderate").events).toEqual([])
  })

  it("embeddings say their dimensions", () => {
    const result: OperationResult = { type: "embed", embeddings: [[0.1, 0.2, 0.3]] }
    const event = operationEvent(operationRecord([attempt(1)], { type: "embed" }), { response: result })
    expect(attributesOf(named(spans(event), "embeddings gpt-5-nano"))).toMatchObject({
      "gen_ai.embeddings.dimension.count": 3,
    })
  })
})
