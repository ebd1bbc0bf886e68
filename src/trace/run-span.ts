/** The span of the run itself, which is the root of its trace, and the order in which the spans below it are ended. */
import type { RunEvent, RunHeader } from "../run/event.ts"
import { GEN_AI, WAYBILL } from "./conventions.ts"
import { operationSpans } from "./operation-spans.ts"
import { type Attributes, keyValues, type Span, type SpanEvent, type SpanLink } from "./otlp.ts"
import { makeSpan, spanEvent, spanId, type TraceContext, type TraceOptions, traceId } from "./span.ts"
import { StepSpans } from "./step-spans.ts"

export class RunSpan {
  readonly #context: TraceContext
  readonly #header: RunHeader
  readonly #steps: StepSpans
  readonly #startMs: number
  readonly #events: SpanEvent[] = []
  #lastMs: number
  #status: string | undefined
  #error: { readonly type: string; readonly message: string } | undefined

  constructor(header: RunHeader, atMs: number, { conventions = "v1.41", content = false }: TraceOptions) {
    this.#context = { runId: header.runId, conventions, content }
    this.#header = header
    this.#steps = new StepSpans(this.#context)
    this.#startMs = atMs
    this.#lastMs = atMs
  }

  /** Takes one event and gives the spans that it ended. */
  take(event: RunEvent): readonly Span[] {
    this.#lastMs = event.atMs
    switch (event.type) {
      case "operation.completed":
        return operationSpans(this.#context, event, this.#steps.inputOf(event.path))
      case "run.completed":
        this.#status = "succeeded"
        return []
      case "run.failed":
        this.#status = "failed"
        this.#error = { type: event.data.error.code, message: event.data.error.message }
        return []
      case "run.cancelled":
        this.#status = "cancelled"
        this.#note(event, { "waybill.reason": event.data.reason, "waybill.by": event.data.by })
        return []
      case "run.paused":
        this.#note(event, { "waybill.reason": event.data.reason, "waybill.by": event.data.by })
        return []
      case "run.resumed":
        this.#note(event, { "waybill.mode": event.data.mode, "waybill.by": event.data.by })
        return []
      case "signal.received":
        this.#note(event, { "waybill.signal": event.data.name, "waybill.by": event.data.by })
        return []
      case "step.waiting":
        this.#note(event, { "waybill.reason": event.data.reason })
        return []
      case "step.resolved":
        this.#note(event, { "waybill.action": event.data.action, "waybill.by": event.data.by })
        return this.#steps.take(event)
      default:
        return this.#steps.take(event)
    }
  }

  /** The spans still open, and the run's own. */
  end(): readonly Span[] {
    const { runId } = this.#context
    const root = makeSpan(this.#context, {
      spanId: spanId(runId),
      name: `invoke_workflow ${this.#header.workflow}`,
      startMs: this.#startMs,
      endMs: this.#lastMs,
      attributes: this.#attributes(),
      events: this.#events,
      links: links(this.#header),
      error: this.#error,
    })
    return [...this.#steps.endAll(this.#lastMs), root]
  }

  /** Writes an event into the span of the step that it is about, or else into the run's. */
  #note(event: RunEvent, attributes: Attributes): void {
    const path = event.path || (event.type === "signal.received" ? (event.data.path ?? "") : "")
    const noted = spanEvent(`waybill.${event.type}`, event.atMs, {
      ...attributes,
      [WAYBILL.stepPath]: path === "" ? undefined : path,
    })
    if (!this.#steps.note(path, noted)) this.#events.push(noted)
  }

  #attributes(): Attributes {
    const { runId, workflow, version, tenant, user, region, tags } = this.#header
    return {
      [GEN_AI.operation]: "invoke_workflow",
      [GEN_AI.workflow]: workflow,
      [WAYBILL.runId]: runId,
      [WAYBILL.runStatus]: this.#status,
      [WAYBILL.inProgress]: this.#status === undefined ? true : undefined,
      [WAYBILL.workflowVersion]: version,
      [WAYBILL.tenant]: tenant.id,
      [GEN_AI.userId]: user?.id,
      [WAYBILL.region]: region,
      [WAYBILL.tags]: tags.length > 0 ? tags : undefined,
    }
  }
}

/** A child run and a fork are traces of their own, linked to where they come from. */
function links({ parent, forkedFrom }: RunHeader): readonly SpanLink[] {
  return Object.entries({ parent, forked_from: forkedFrom }).flatMap(([kind, origin]) => {
    if (!origin) return []
    const attributes = keyValues({
      [WAYBILL.link]: kind,
      [WAYBILL.runId]: origin.runId,
      [WAYBILL.stepPath]: origin.path,
    })
    return [{ traceId: traceId(origin.runId), spanId: spanId(origin.runId), attributes }]
  })
}
