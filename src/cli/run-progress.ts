/**
 * A run as somebody watching it sees it: its log folded with the same code as at the doors, and its steps turned into
 * text. Where the text goes is not known here.
 */
import type { Json } from "../lib/json.ts"
import type { WaitingView } from "../protocol/run-view.ts"
import { type StepView, stepView } from "../protocol/step-view.ts"
import type { RunEvent } from "../run/event.ts"
import { applyEvent } from "../run/fold.ts"
import { emptyRun, type RunState, runStatus } from "../run/run-state.ts"
import { formatDuration, formatMoney } from "./format.ts"

/** One step as text, in the parts that a line is set from. */
export interface StepLine {
  readonly status: StepView["status"]
  readonly path: string
  readonly kind: string
  /** `provider/model` that answered, or empty when the step asked no model. */
  readonly model: string
  readonly time: string
  readonly cost: string
  /** Sentences below the line: why that model, what went wrong, what is waited for. */
  readonly notes: readonly string[]
  /** For a step that somebody can answer: what to POST, and where. */
  readonly answer?: { readonly to: string; readonly body: Json }
}

const COLUMNS = { path: 24, kind: 10, model: 32, time: 8, cost: 9 }

export class RunProgress {
  readonly state: RunState = emptyRun()
  readonly #events = new Map<string, RunEvent[]>()
  #operations = 0

  apply(event: RunEvent): void {
    applyEvent(this.state, event)
    const events = this.#events.get(event.path)
    if (events) events.push(event)
    else this.#events.set(event.path, [event])
    if (event.type === "operation.completed") this.#operations += 1
  }

  /** The step at `path` as text; nothing for the path of no step, and of one that only holds other steps. */
  line(path: string, nowMs: number): StepLine | undefined {
    const step = stepView(this.state, this.#events.get(path) ?? [], path)
    if (!step || step.composite) return undefined
    const answered = step.operations.findLast(({ model }) => model !== undefined)
    return {
      ...{ status: step.status, path, kind: step.kind },
      model: [answered?.model, answered?.method && `(${answered.method})`].filter(Boolean).join(" "),
      time: step.status === "skipped" ? "" : formatDuration((step.endedAtMs ?? nowMs) - step.startedAtMs),
      cost: step.operations.length > 0 ? formatMoney(step.cost.nanoUsd) : "",
      notes: notes(step),
      ...(step.waiting?.answer === undefined
        ? {}
        : { answer: { to: step.waiting.answer, body: answerBody(step.waiting) } }),
    }
  }

  /** What is under way or waited for, oldest first. */
  unfinished(nowMs: number): StepLine[] {
    const isOpen = ({ endedAtMs }: { readonly endedAtMs?: number }) => endedAtMs === undefined
    return [...this.state.steps.values()].filter(isOpen).flatMap(({ path }) => this.line(path, nowMs) ?? [])
  }

  /** `running · 3 steps done · 2 model calls · $0.0012 · 1.3 s` */
  summary(nowMs: number): string {
    const { steps, costNanoUsd, createdAtMs, endedAtMs } = this.state
    const done = [...steps.values()].filter((step) => !step.composite && step.status === "completed").length
    return [
      runStatus(this.state),
      `${count(done, "step")} done`,
      count(this.#operations, "model call"),
      formatMoney(costNanoUsd),
      formatDuration((endedAtMs ?? nowMs) - createdAtMs),
    ].join(" · ")
  }
}

/** The columns of a step's line, without its mark. */
export function columns({ path, kind, model, time, cost }: StepLine): string {
  return [
    path.padEnd(COLUMNS.path),
    kind.padEnd(COLUMNS.kind),
    model.padEnd(COLUMNS.model),
    time.padStart(COLUMNS.time),
    cost.padStart(COLUMNS.cost),
  ]
    .join(" ")
    .trimEnd()
}

function notes({ status, decision, attempts, error, waiting }: StepView): string[] {
  return [
    ...(decision ? [decision.reason] : []),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ...(error ? [`${error.code}: ${error.message}`] : []),
    ...(error && status === "failed" ? [error.remedy] : []),
    ...(waiting ? [["waits:", waiting.reason, waiting.signal, waiting.summary].filter(Boolean).join(" ")] : []),
  ]
}

/** The answer that lets the run go on. */
function answerBody({ reason }: WaitingView): Json {
  if (reason === "approval") return { approved: true }
  return reason === "signal" ? { payload: null } : { action: "retry" }
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`
}
