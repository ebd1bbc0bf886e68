/** Making one span: ids that are the same at every export, and the fields that every span has. */
import { sha256 } from "../lib/digest.ts"
import type { Conventions } from "./conventions.ts"
import {
  type Attributes,
  keyValues,
  SPAN_KIND,
  type Span,
  type SpanEvent,
  type SpanLink,
  STATUS_CODE,
  unixNano,
} from "./otlp.ts"

export interface TraceOptions {
  /** Edition of the GenAI conventions; default `v1.41`. */
  readonly conventions?: Conventions
  /** Whether prompts, answers and tool arguments go into spans; default false. */
  readonly content?: boolean
  /** More attributes of the resource, such as `deployment.environment.name`; `service.name` is `waybill` unless given. */
  readonly resource?: Attributes
}

/** The run that spans belong to, with the options settled. */
export interface TraceContext {
  readonly runId: string
  readonly conventions: Conventions
  readonly content: boolean
}

export interface SpanDraft {
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly name: string
  readonly kind?: keyof typeof SPAN_KIND
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Attributes
  readonly events?: readonly SpanEvent[]
  readonly links?: readonly SpanLink[]
  /** Present when it failed. The type goes into the attributes, the message into the status. */
  readonly error?: { readonly type: string; readonly message?: string } | undefined
}

/** The trace of a run: one run, one trace. */
export function traceId(runId: string): string {
  return sha256(`trace\n${runId}`).slice(0, 32)
}

/** The id of the span that `parts` name within the run; no parts, the run's own. */
export function spanId(runId: string, ...parts: readonly (string | number)[]): string {
  return sha256(["span", runId, ...parts].join("\n")).slice(0, 16)
}

export function makeSpan(context: TraceContext, draft: SpanDraft): Span {
  const { error, parentSpanId } = draft
  return {
    traceId: traceId(context.runId),
    spanId: draft.spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name: draft.name,
    kind: SPAN_KIND[draft.kind ?? "internal"],
    startTimeUnixNano: unixNano(draft.startMs),
    // Two clocks may be involved (ours and the recording's): a span never ends before it began.
    endTimeUnixNano: unixNano(Math.max(draft.startMs, draft.endMs)),
    attributes: keyValues({ ...draft.attributes, ...(error ? { "error.type": error.type } : {}) }),
    events: draft.events ?? [],
    links: draft.links ?? [],
    status: error
      ? { code: STATUS_CODE.error, ...(error.message === undefined ? {} : { message: error.message }) }
      : { code: STATUS_CODE.unset },
  }
}

export function spanEvent(name: string, atMs: number, attributes: Attributes): SpanEvent {
  return { timeUnixNano: unixNano(atMs), name, attributes: keyValues(attributes) }
}
