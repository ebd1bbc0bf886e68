/** The faults of a provider's `faults.json`: each is played over the wire and must come out as it says. */
import { expect } from "vitest"
import { FAILURE_POLICIES } from "../../src/gateway/failure-policy.ts"
import { costAt } from "../../src/ledger/price.ts"
import type { FailureClass } from "../../src/lib/failure-classes.ts"
import { NO_USAGE, type Usage } from "../../src/model/result.ts"
import { drive, PRICE, type Setup, TEXT } from "./drive.ts"
import { answer, type Frame, framed, type WireAnswer } from "./wire-answer.ts"

/** One fault of `faults.json`. `source` says where the provider documents it. */
export interface Fault {
  readonly name: string
  readonly source: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** A JSON document, or the body's text itself. */
  readonly body?: unknown
  /** SSE blocks, or frames of an AWS event stream: a 200 that fails inside. */
  readonly events?: readonly string[]
  readonly frames?: readonly Frame[]
  readonly expect: {
    readonly class: FailureClass
    readonly then: string
    readonly code?: string
    readonly retryAfterMs?: number
    readonly usage?: Partial<Usage>
    /** The provider counted nothing: `usage` is what we make of the question and of what arrived. */
    readonly estimated?: true
  }
}

export async function expectFault(spec: Setup, fault: Fault): Promise<void> {
  const { record, sent } = await drive(spec, TEXT, [wireOf(fault)], { stream: isStreamed(fault) })
  const { class: failureClass, then, code, retryAfterMs } = fault.expect
  expect(record.failure).toEqual({
    class: failureClass,
    message: expect.stringMatching(/./),
    status: fault.status ?? 200,
    ...(code === undefined ? {} : { providerCode: code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
  expect(FAILURE_POLICIES[failureClass].then).toBe(then)
  const usage = { ...NO_USAGE, ...fault.expect.usage }
  expect(record).toMatchObject({ outcome: "failed", usage, ...costAt(PRICE, usage) })
  expect(record.estimated).toBe(fault.expect.estimated)
  expect(sent).toHaveLength(1)
}

export function isStreamed({ events, frames }: Fault): boolean {
  return events !== undefined || frames !== undefined
}

export function wireOf({ status, headers, body, events, frames }: Fault): WireAnswer {
  if (frames) return framed(frames, headers)
  if (events)
    return answer(
      200,
      { "content-type": "text/event-stream", ...headers },
      events.map((block) => `${block}\n\n`).join(""),
    )
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body)
  const type = text.startsWith("<") ? "text/html" : "application/json"
  return answer(status ?? 200, { "content-type": type, ...headers }, text)
}
