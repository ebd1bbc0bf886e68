/** The spans of steps and of their compensations, one per attempt: which are open, whose children they are, how they ended. */
import type { EventOf, RunEvent } from "../run/event.ts"
import { GEN_AI, WAYBILL } from "./conventions.ts"
import type { Attributes, Span, SpanEvent } from "./otlp.ts"
import { makeSpan, spanEvent, spanId, type TraceContext } from "./span.ts"

interface OpenSpan {
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startMs: number
  readonly attributes: Attributes
  readonly events: SpanEvent[]
  readonly input: unknown
}

interface Ending {
  readonly status: string
  readonly output?: unknown
  readonly note?: string | undefined
  readonly error?: { readonly type: string; readonly message: string }
}

export class StepSpans {
  readonly #context: TraceContext
  /** By path; compensations by path and a mark. */
  readonly #open = new Map<string, OpenSpan>()
  /** Inputs of steps that have not ended for good: only the first attempt's event, or an edit, carries one. */
  readonly #inputs = new Map<string, unknown>()

  constructor(context: TraceContext) {
    this.#context = context
  }

  /** The recorded input of the step at `path`, until the step has ended for good. */
  inputOf(path: string): unknown {
    return this.#inputs.get(path)
  }

  /** Writes an event into the span of the step at `path`; false when none is open. */
  note(path: string, event: SpanEvent): boolean {
    const open = this.#open.get(path)
    open?.events.push(event)
    return open !== undefined
  }

  /** Takes one event of a step and gives the spans that it ended. */
  take(event: RunEvent): readonly Span[] {
    const { path, atMs } = event
    switch (event.type) {
      case "step.started":
        return this.#start(event)
      case "step.skipped":
        return [this.#skipped(event)]
      case "step.completed":
        return this.#endForGood(path, atMs, { status: "completed", output: event.data.output, note: event.data.note })
      case "step.failed":
        return this.#fail(event)
      case "step.interrupted":
        if (!event.data.parked) return this.#end(path, atMs, INTERRUPTED)
        this.note(path, spanEvent("waybill.step.parked", atMs, {}))
        return []
      case "step.resolved":
        return this.#resolve(event)
      case "compensation.started":
        this.#open.set(compensation(path), this.#compensationSpan(event))
        return []
      case "compensation.completed":
        return this.#end(compensation(path), atMs, { status: "completed", output: event.data.output })
      case "compensation.failed":
        return this.#end(compensation(path), atMs, { status: "failed", error: failure(event.data.error) })
      default:
        return []
    }
  }

  /** Ends what is still open: in a run that goes on, the steps under way. */
  endAll(atMs: number): readonly Span[] {
    return [...this.#open.keys()].flatMap((key) => this.#end(key, atMs, { status: "unfinished" }))
  }

  #start(event: EventOf<"step.started">): readonly Span[] {
    const { path, attempt, atMs } = event
    const { kind, tool, effect, input } = event.data
    // What a new attempt finds open was parked, and somebody let it be tried again.
    const before = this.#end(path, atMs, INTERRUPTED)
    const name = stepName(path)
    const { prefix, attributes } = semantics(this.#context, kind, tool ?? name, name)
    if (input !== undefined) this.#inputs.set(path, input)
    this.#open.set(path, {
      spanId: spanId(this.#context.runId, "step", path, attempt),
      parentSpanId: this.#parentOf(path),
      name: prefix,
      startMs: atMs,
      attributes: { ...attributes, ...this.#stepAttributes(event, kind), [WAYBILL.effect]: effect },
      events: [],
      input: this.#inputs.get(path),
    })
    return before
  }

  #fail({ path, atMs, data }: EventOf<"step.failed">): readonly Span[] {
    const ending = { status: "failed", error: failure(data.error, data.failureClass) }
    const goesOn = data.retryAtMs !== undefined || data.held
    return goesOn ? this.#end(path, atMs, ending) : this.#endForGood(path, atMs, ending)
  }

  #resolve({ path, atMs, data }: EventOf<"step.resolved">): readonly Span[] {
    if (data.action === "complete") return this.#endForGood(path, atMs, { status: "completed", output: data.output })
    if (data.action === "skip") return this.#endForGood(path, atMs, { status: "skipped" })
    return []
  }

  #endForGood(path: string, atMs: number, ending: Ending): readonly Span[] {
    this.#inputs.delete(path)
    return this.#end(path, atMs, ending)
  }

  #skipped(event: EventOf<"step.skipped">): Span {
    const { path, atMs, data } = event
    return makeSpan(this.#context, {
      spanId: spanId(this.#context.runId, "step", path, 0),
      parentSpanId: this.#parentOf(path),
      name: `${data.kind} ${stepName(path)}`,
      startMs: atMs,
      endMs: atMs,
      attributes: {
        ...this.#stepAttributes(event, data.kind),
        [WAYBILL.stepStatus]: "skipped",
        [WAYBILL.stepNote]: data.reason,
      },
    })
  }

  #compensationSpan(event: EventOf<"compensation.started">): OpenSpan {
    return {
      spanId: spanId(this.#context.runId, "compensation", event.path, event.attempt),
      parentSpanId: this.#parentOf(event.path),
      name: `compensate ${stepName(event.path)}`,
      startMs: event.atMs,
      attributes: this.#stepAttributes(event, "compensation"),
      events: [],
      input: event.data.input,
    }
  }

  #end(key: string, atMs: number, ending: Ending): readonly Span[] {
    const open = this.#open.get(key)
    if (!open) return []
    this.#open.delete(key)
    const isTool = GEN_AI.toolName in open.attributes
    const content: Attributes =
      this.#context.content && isTool
        ? { [GEN_AI.toolArguments]: jsonText(open.input), [GEN_AI.toolResult]: jsonText(ending.output) }
        : {}
    const { input: _input, ...span } = open
    return [
      makeSpan(this.#context, {
        ...span,
        endMs: atMs,
        attributes: {
          ...open.attributes,
          [WAYBILL.stepStatus]: ending.status,
          [WAYBILL.stepNote]: ending.note,
          ...content,
        },
        error: ending.error,
      }),
    ]
  }

  #stepAttributes({ path, attempt }: RunEvent, kind: string): Attributes {
    return { [WAYBILL.stepPath]: path, [WAYBILL.stepKind]: kind, [WAYBILL.stepAttempt]: attempt }
  }

  /** The nearest open step that holds `path`; the run when there is none. */
  #parentOf(path: string): string {
    for (let end = path.length - 1; end > 0; end -= 1) {
      if (path[end] !== "." && path[end] !== "[") continue
      const holder = this.#open.get(path.slice(0, end))
      if (holder) return holder.spanId
    }
    return spanId(this.#context.runId)
  }
}

const INTERRUPTED: Ending = {
  status: "interrupted",
  error: { type: "interrupted", message: "The object died while this attempt was in flight." },
}

function failure(error: { readonly code: string; readonly message: string }, failureClass?: string) {
  return { type: failureClass ?? error.code, message: error.message }
}

function compensation(path: string): string {
  return `${path}~compensate`
}

/** `items[3].extract` is `extract`; places in lists are left out, because names of spans are grouped by. */
function stepName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1).replace(/\[\d+\]/g, "")
}

/** What the conventions call a step of this kind. Those they have no word for are named by kind and name alone. */
function semantics(context: TraceContext, kind: string, tool: string, name: string) {
  switch (kind) {
    case "tool":
      return {
        prefix: `execute_tool ${tool}`,
        attributes: { [GEN_AI.operation]: "execute_tool", [GEN_AI.toolName]: tool, [GEN_AI.toolType]: "function" },
      }
    case "agent":
      return {
        prefix: `invoke_agent ${name}`,
        attributes: { [GEN_AI.operation]: "invoke_agent", [GEN_AI.agent]: name },
      }
    case "plan":
      return {
        prefix: `plan ${name}`,
        attributes: context.conventions === "latest" ? { [GEN_AI.operation]: "plan" } : {},
      }
    default:
      return { prefix: `${kind} ${name}`, attributes: {} }
  }
}

function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value)
}
