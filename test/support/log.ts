/** Logs for tests: small makers of events, and a driver that turns numbers into a legal log of several interleaved steps. */

import type { Attempt, OperationRecord } from "../../src/model/record.ts"
import { addUsage, NO_USAGE, type Usage } from "../../src/model/result.ts"
import { type NewEvent, type RunEvent, type RunHeader, runEvent, stepEvent } from "../../src/run/event.ts"
import { MemoryEventStore } from "../../src/store/memory-event-store.ts"

export const HEADER: RunHeader = {
  runId: "run_01jd2kz8w0000000000000000a",
  workflow: "support-refund",
  version: 1,
  graphDigest: "0123456789abcdef",
  input: { message: "hello" },
  tenant: { id: "acme" },
  tags: [],
}

export const T0 = 1_763_800_000_000

/** `events` as a log holds them, ten milliseconds apart. */
export function recorded(events: readonly NewEvent[], startMs = T0): RunEvent[] {
  const store = new MemoryEventStore()
  return events.flatMap((event, index) => store.append([event], startMs + index * 10))
}

/** A log of a run that began: `events` behind `run.created` and `run.started`. */
export function runLog(...events: readonly NewEvent[]): RunEvent[] {
  return recorded([runEvent("run.created", HEADER), runEvent("run.started", {}), ...events])
}

export const started = (path: string, attempt = 1, kind = "plan"): NewEvent =>
  stepEvent("step.started", path, attempt, { kind, digest: "d1", ...(attempt === 1 ? { input: { of: path } } : {}) })

export const composite = (path: string, kind = "branch"): NewEvent =>
  stepEvent("step.started", path, 1, { kind, digest: "d1", composite: true })

export const completed = (path: string, attempt = 1): NewEvent =>
  stepEvent("step.completed", path, attempt, { output: { by: path } })

export const failed = (path: string, attempt = 1, retryAtMs?: number): NewEvent =>
  stepEvent("step.failed", path, attempt, {
    error: { code: "step_failed", message: `${path} broke` },
    failureClass: "own_code.exception",
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
  })

export function usage(inputTokens: number, outputTokens: number, more: Partial<Usage> = {}): Usage {
  return { ...NO_USAGE, inputTokens, outputTokens, ...more }
}

export function attempt(number: number, more: Partial<Attempt> = {}): Attempt {
  return {
    attempt: number,
    provider: "openai",
    model: "gpt-5-nano",
    startedAtMs: T0 + number,
    durationMs: 5,
    waitedMs: 0,
    outcome: "succeeded",
    usage: usage(100, 10),
    costNanoUsd: 1_000,
    priced: true,
    ...more,
  }
}

export function operationRecord(attempts: readonly Attempt[], more: Partial<OperationRecord> = {}): OperationRecord {
  return {
    type: "generate",
    requestDigest: "ab".repeat(32),
    startedAtMs: T0,
    durationMs: 20,
    decision: { routingVersion: "1", route: "plan", reason: "first in line", candidates: [], rules: [] },
    attempts,
    usage: attempts.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE),
    costNanoUsd: attempts.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
    ...more,
  }
}

export function operation(
  path: string,
  stepAttempt: number,
  index: number,
  record: OperationRecord,
  more: { replayed?: boolean; failed?: boolean; unused?: boolean } = {},
): NewEvent {
  return stepEvent("operation.completed", path, stepAttempt, {
    index,
    record,
    ...(more.failed ? { error: { code: "operation_failed", message: "all candidates failed" } } : {}),
    ...(more.replayed ? { replayed: true } : {}),
    ...(more.unused ? { unused: true } : {}),
  })
}
