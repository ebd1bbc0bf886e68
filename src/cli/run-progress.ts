/**
 * A run as somebody watching it sees it: the fold of its log, and beside each step the operations that were paid for.
 * Turns steps into text; where the text goes is not known here.
 */
import type { EventData, RunEvent } from "../run/event.ts"
import { applyEvent, emptyRun, type RunState, runStatus, type StepState } from "../run/run-state.ts"
import { formatDuration, formatMoney } from "./format.ts"

type OperationRecord = EventData["operation.completed"]["record"]

/** One step as text, in the parts that a line is set from. */
export interface StepLine {
  readonly mark: "done" | "failed" | "retrying" | "skipped" | "waiting" | "busy"
  readonly path: string
  readonly kind: string
  /** `provider/model`, several when they differ, or empty when the step asked no model. */
  readonly model: string
  readonly time: string
  readonly cost: string
  /** Sentences below the line: why that model, what went wrong, what is waited for. */
  readonly notes: readonly string[]
}

const KIND_COLUMN = 10
const PATH_COLUMN = 24
const MODEL_COLUMN = 30

export class RunProgress {
  readonly state: RunState = emptyRun()
  readonly #operations = new Map<string, OperationRecord[]>()

  apply(event: RunEvent): void {
    applyEvent(this.state, event)
    if (event.type !== "operation.completed") return
    const records = this.#operations.get(event.path) ?? []
    this.#operations.set(event.path, [...records, event.data.record])
  }

  /** Steps that somebody has to wait for: those that only hold other steps are left out. */
  unfinished(): StepState[] {
    const open = ["running", "retrying", "waiting", "interrupted"]
    return [...this.state.steps.values()].filter((step) => !step.composite && open.includes(step.status))
  }

  line(step: StepState, nowMs: number): StepLine {
    const records = this.#operations.get(step.path) ?? []
    const cost = records.reduce((sum, record) => sum + record.costNanoUsd, 0)
    return {
      mark: markOf(step),
      path: step.path,
      kind: step.kind,
      model: [...new Set(records.flatMap(servedBy))].join(", "),
      time: step.status === "skipped" ? "" : formatDuration((step.endedAtMs ?? nowMs) - step.startedAtMs),
      cost: records.length > 0 ? formatMoney(cost) : "",
      notes: [...new Set(records.map(({ decision }) => decision.reason)), ...stepNotes(step)],
    }
  }

  /** `running · 3 steps · 2 operations · $0.0012 · 1.3 s` */
  summary(nowMs: number): string {
    const { steps, costNanoUsd, createdAtMs, endedAtMs } = this.state
    const done = [...steps.values()].filter((step) => !step.composite && step.status === "completed").length
    const operations = [...this.#operations.values()].flat().length
    return [
      runStatus(this.state),
      `${done} ${done === 1 ? "step" : "steps"} done`,
      `${operations} model ${operations === 1 ? "call" : "calls"}`,
      formatMoney(costNanoUsd),
      formatDuration((endedAtMs ?? nowMs) - createdAtMs),
    ].join(" · ")
  }
}

/** The columns of a step's line, without its mark. */
export function columns({ path, kind, model, time, cost }: StepLine): string {
  const row = [
    path.padEnd(PATH_COLUMN),
    kind.padEnd(KIND_COLUMN),
    model.padEnd(MODEL_COLUMN),
    time.padStart(8),
    cost.padStart(9),
  ]
  return row.join(" ").trimEnd()
}

function markOf(step: StepState): StepLine["mark"] {
  if (step.status === "completed") return "done"
  if (step.status === "running" || step.status === "interrupted") return "busy"
  return step.status
}

function servedBy({ decision }: OperationRecord): string[] {
  return decision.candidates
    .filter(({ verdict }) => verdict === "served")
    .map(({ provider, model }) => `${provider}/${model}`)
}

function stepNotes(step: StepState): string[] {
  const notes = step.attempt > 1 ? [`attempt ${step.attempt}`] : []
  if (step.error) notes.push(`${step.error.code}: ${step.error.message}`)
  if (step.status === "waiting" && step.waiting) {
    const { reason, summary, signal } = step.waiting
    notes.push(`waits: ${[reason, signal, summary].filter(Boolean).join(", ")}`)
  }
  return notes
}
