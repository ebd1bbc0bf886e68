/** The trace of a run: its tree, its names, its ids, and what must not be in it. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type NewEvent, type RunEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import type { TraceOptions } from "../../src/trace/span.ts"
import { traceBatches, traceDocument, traceSpans } from "../../src/trace/trace.ts"
import {
  attempt,
  completed,
  composite,
  failed,
  HEADER,
  operation,
  operationRecord,
  recorded,
  runLog,
  started,
  T0,
} from "../support/log.ts"
import { anyLog } from "../support/random-log.ts"
import { attributesOf, named, tree } from "./read-spans.ts"

const spansOf = (events: Iterable<RunEvent>, options?: TraceOptions) => [...traceSpans(events, options)]

const charge = (at: number): NewEvent =>
  stepEvent("step.started", "outcome.refund.charge", at, {
    kind: "tool",
    digest: "d",
    tool: "refund_payment",
    effect: "idempotent",
    input: { cents: 4_900 },
  })

/** A run with a failover, a branch, a tool that failed once and a skipped step. */
const SUPPORT = runLog(
  started("decision"),
  operation(
    "decision",
    1,
    0,
    operationRecord([
      attempt(1, {
        provider: "anthropic",
        model: "claude-opus-5",
        outcome: "failed",
        failure: { class: "provider.overloaded", message: "Overloaded", status: 529, providerCode: "overloaded_error" },
        costNanoUsd: 0,
      }),
      attempt(2, { waitedMs: 250 }),
    ]),
  ),
  completed("decision"),
  composite("outcome"),
  charge(1),
  failed("outcome.refund.charge", 1, T0 + 500),
  charge(2),
  completed("outcome.refund.charge", 2),
  stepEvent("step.skipped", "outcome.refund.mail", 0, { kind: "tool", reason: "when" }),
  completed("outcome"),
  runEvent("run.completed", { output: 1 }),
)

describe("the tree of spans", () => {
  it("[TRACE1] run, step, operation, one CLIENT span per call; tools; one span per attempt of a step", () => {
    expect(tree(spansOf(SUPPORT))).toEqual([
      "invoke_workflow support-refund",
      "  plan decision",
      "    generate plan",
      "      chat claude-opus-5 [client] !provider.overloaded",
      "      chat gpt-5-nano [client]",
      "  branch outcome",
      "    execute_tool refund_payment !own_code.exception",
      "    execute_tool refund_payment",
      "    tool mail",
    ])
  })

  it("[TRACE1] hangs the items of a map under the map, and names them without their places", () => {
    const items = ["items[0].read", "items[11].read"].flatMap((path) => [started(path, 1, "generate"), completed(path)])
    expect(tree(spansOf(runLog(composite("items", "map"), ...items, completed("items"))))).toEqual([
      "invoke_workflow support-refund",
      "  map items",
      "    generate read",
      "    generate read",
    ])
  })

  it("gives each span its own times, in nanoseconds as text", () => {
    const record = operationRecord([attempt(1, { startedAtMs: T0 + 1, durationMs: 2.5 })])
    const spans = spansOf(runLog(started("a"), operation("a", 1, 0, record), completed("a")))
    expect(named(spans, "chat gpt-5-nano")).toMatchObject({
      startTimeUnixNano: `${T0 + 1}000000`,
      endTimeUnixNano: `${T0 + 3}500000`,
    })
    expect(named(spans, "plan a")).toMatchObject({
      startTimeUnixNano: `${T0 + 20}000000`,
      endTimeUnixNano: `${T0 + 40}000000`,
    })
  })

  it("never lets a span end before it began, though the clock may go back when an object moves", () => {
    const log = runLog(started("a"), completed("a")).map((event) =>
      event.type === "step.completed" ? { ...event, atMs: T0 - 1_000 } : event,
    )
    for (const span of spansOf(log)) expect(span.endTimeUnixNano).toBe(span.startTimeUnixNano)
  })

  it("[TRACE3] an attempt that a crash cut off, or that somebody resolved, ends with what became of it", () => {
    const crash = (parked: boolean) => stepEvent("step.interrupted", "a", 1, { parked })
    const cut = spansOf(runLog(started("a"), crash(false), started("a", 2), completed("a", 2)))
    expect(tree(cut)).toEqual(["invoke_workflow support-refund", "  plan a !interrupted", "  plan a"])
    const resolve = (data: Parameters<typeof stepEvent<"step.resolved">>[3]) => stepEvent("step.resolved", "a", 1, data)
    const done = spansOf(runLog(started("a"), crash(true), resolve({ action: "complete", output: 1, by: "ops" })))
    expect(tree(done)).toEqual(["invoke_workflow support-refund", "  plan a"])
    expect(named(done, "plan a").events.map(({ name }) => name)).toEqual([
      "waybill.step.parked",
      "waybill.step.resolved",
    ])
    const retried = runLog(started("a"), crash(true), resolve({ action: "retry" }), started("a", 2), completed("a", 2))
    expect(tree(spansOf(retried))).toEqual(["invoke_workflow support-refund", "  plan a !interrupted", "  plan a"])
  })

  it("shows a run under way as far as it is", () => {
    const spans = spansOf(runLog(started("a"), stepEvent("step.waiting", "a", 1, { reason: "approval" })))
    expect(attributesOf(named(spans, "plan a"))).toMatchObject({ "waybill.step.status": "unfinished" })
    expect(named(spans, "plan a").events).toMatchObject([{ name: "waybill.step.waiting" }])
    expect(attributesOf(named(spans, "invoke_workflow support-refund"))).toMatchObject({ "waybill.in_progress": true })
    expect(spansOf([])).toEqual([])
  })

  it("[TRACE3] a failed run says with what; compensations are spans of their own", () => {
    const error = { code: "step_failed", message: "charge broke" } as const
    const spans = spansOf(
      runLog(
        ...[started("a"), completed("a"), runEvent("run.failed", { error, at: "b" })],
        stepEvent("compensation.started", "a", 1, { input: 1 }),
        stepEvent("compensation.failed", "a", 1, { error, retryAtMs: 5 }),
        stepEvent("compensation.started", "a", 2, { input: 1 }),
        stepEvent("compensation.completed", "a", 2, { output: 1 }),
      ),
    )
    expect(tree(spans)).toEqual([
      "invoke_workflow support-refund !step_failed",
      "  plan a",
      "  compensate a !step_failed",
      "  compensate a",
    ])
    expect(named(spans, "invoke_workflow support-refund").status).toEqual({ code: 2, message: "charge broke" })
  })

  it("links a child run and a fork to where they come from", () => {
    const parent = { runId: "run_parent", path: "review" }
    const child = recorded([runEvent("run.created", { ...HEADER, parent })])
    const [root] = spansOf(recorded([runEvent("run.created", { ...HEADER, runId: "run_parent" })]))
    expect(spansOf(child)[0]?.links).toEqual([
      expect.objectContaining({ traceId: root?.traceId, spanId: root?.spanId }),
    ])
  })
})

describe("ids", () => {
  it("[TRACE2] are the same at every export of the same run, and different for another run", () => {
    const ids = (events: readonly RunEvent[]) => spansOf(events).map(({ traceId, spanId }) => `${traceId}/${spanId}`)
    expect(ids(SUPPORT)).toEqual(ids(structuredClone(SUPPORT)))
    expect(new Set(ids(SUPPORT)).size).toBe(ids(SUPPORT).length)
    const other = SUPPORT.map((event) =>
      event.type === "run.created" ? { ...event, data: { ...event.data, runId: "run_other" } } : event,
    )
    expect(ids(other).filter((id) => ids(SUPPORT).includes(id))).toEqual([])
  })

  it("[TRACE2] of any log: well formed, unique, one root, every parent in the trace, no span ends before it began", () => {
    fc.assert(
      fc.property(anyLog, (events) => {
        const spans = spansOf(events)
        const ids = new Set(spans.map(({ spanId }) => spanId))
        expect(ids.size).toBe(spans.length)
        expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
        expect(spans.filter(({ parentSpanId }) => parentSpanId === undefined)).toHaveLength(1)
        for (const span of spans) {
          expect(span.traceId).toMatch(/^[0-9a-f]{32}$/)
          expect(span.spanId).toMatch(/^[0-9a-f]{16}$/)
          if (span.parentSpanId !== undefined) expect(ids).toContain(span.parentSpanId)
          expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano))
        }
      }),
    )
  })

  it("[TRACE2] a finished part of a run has the same spans when the rest is there too", () => {
    const half = spansOf(SUPPORT.slice(0, 5))
    const whole = new Map(spansOf(SUPPORT).map((span) => [span.spanId, span]))
    for (const span of half.filter(({ parentSpanId }) => parentSpanId !== undefined))
      expect(whole.get(span.spanId)).toEqual(span)
  })
})

describe("the document", () => {
  it("is OTLP/JSON: resource, scope, spans, and the schema of its edition", () => {
    const { resourceSpans } = traceDocument(SUPPORT, { resource: { "deployment.environment.name": "test" } })
    expect(resourceSpans).toEqual([
      {
        resource: {
          attributes: [
            { key: "service.name", value: { stringValue: "waybill" } },
            { key: "deployment.environment.name", value: { stringValue: "test" } },
          ],
        },
        scopeSpans: [
          { scope: { name: "waybill" }, spans: spansOf(SUPPORT), schemaUrl: expect.stringContaining("1.41.0") },
        ],
      },
    ])
  })

  it("comes in batches with the same spans", () => {
    const batches = [...traceBatches(SUPPORT, {}, 4)]
    const sizes = batches.map(({ resourceSpans }) => resourceSpans[0]?.scopeSpans[0]?.spans.length)
    expect(sizes).toEqual([4, 4, 1])
    expect(batches.flatMap(({ resourceSpans }) => resourceSpans[0]?.scopeSpans[0]?.spans)).toEqual(spansOf(SUPPORT))
    expect([...traceBatches([])]).toEqual([])
  })
})
