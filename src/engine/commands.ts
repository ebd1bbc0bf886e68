/**
 * What people and programs may tell a run from outside. Each command checks first and appends its event in one go, so it
 * either happened whole or not at all. The caller calls `advance` afterwards.
 */
import { parseWith, type Schema } from "../graph/schema.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { type Resolution, runEvent, stepEvent } from "../run/event.ts"
import type { StepState } from "../run/run-state.ts"
import { allNodes, nodeAt } from "./locate.ts"
import type { Session } from "./session.ts"

export interface ApprovalAnswer {
  readonly approved: boolean
  readonly by?: string
  readonly comment?: string
  readonly form?: Json
}

export class Commands {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Delivers a signal. One that no step waits for yet is kept until a step does. Throws `signal_invalid` when its schema refuses the payload. */
  signal(name: string, payload: unknown, by?: string): void {
    for (const node of allNodes(this.#session.workflow.scope)) {
      const config = node.config as { readonly signal?: string; readonly schema?: Schema } | undefined
      if (node.kind === "waitFor" && config?.signal === name && config.schema)
        parseWith(config.schema, payload, "signal_invalid", name)
    }
    this.#session.log.append(
      runEvent("signal.received", {
        name,
        payload: toJson(payload ?? null, name),
        ...(by === undefined ? {} : { by }),
      }),
    )
    for (const step of this.#session.log.state.steps.values())
      if (step.waiting?.signal === name) this.#session.parking.wake(step.path)
  }

  /** Delivers the end of a child run to the step that waits for it. A second delivery does nothing. */
  childEnded(path: string, payload: Json): void {
    const step = this.#session.log.step(path)
    if (step?.waiting?.reason === "child" && !this.#hasSignal(path)) this.#deliver(path, "child", payload)
  }

  /** Answers the approval at `path`. Throws `not_waiting`, `not_allowed` or `signal_invalid`; the wait goes on then. */
  approve(path: string, answer: ApprovalAnswer): void {
    const step = this.#waitingStep(path, "approval")
    if (this.#hasSignal(path)) throw new WaybillError("not_waiting", `${path} was answered already.`, { path })
    const approvers = step.waiting?.approvers
    if (approvers && !approvers.includes(answer.by ?? ""))
      throw new WaybillError(
        "not_allowed",
        `${path}: found the approver ${JSON.stringify(answer.by ?? null)}, expected one of ${approvers.join(", ")}.`,
        { path, approvers },
      )
    const config = nodeAt(this.#session.workflow.scope, path)?.config as { readonly form?: Schema } | undefined
    const form =
      config?.form && answer.approved ? parseWith(config.form, answer.form, "signal_invalid", "form") : answer.form
    this.#deliver(path, "approval", toJson({ ...answer, form }, "approval"), answer.by)
  }

  /** Decides about a step that is parked because a crash, or a breakpoint on failures, left it undecided. */
  resolve(path: string, resolution: Resolution, by?: string): void {
    const step = this.#step(path)
    const { action } = resolution
    const parked = step.waiting?.reason === "interrupted" || step.waiting?.reason === "failed"
    if (!parked)
      throw new WaybillError(
        "not_waiting",
        `${path} is ${step.status}; only a step that waits to be resolved can be resolved.`,
        { path, status: step.status },
      )
    const config = nodeAt(this.#session.workflow.scope, path)?.config as { readonly output?: Schema } | undefined
    const checked =
      action === "complete" && config?.output
        ? { ...resolution, output: toJson(parseWith(config.output, resolution.output, "output_invalid", path)) }
        : resolution
    this.#session.log.append(
      stepEvent("step.resolved", path, step.attempt, { ...checked, ...(by === undefined ? {} : { by }) }),
    )
    this.#session.parking.wake(path)
  }

  /** Ends the run now: what is in flight is aborted, what waits stops waiting. Cancelling an ended run throws `run_ended`. */
  cancel(options: { readonly reason?: string; readonly by?: string; readonly compensate?: boolean } = {}): void {
    const { log, abort } = this.#session
    const { reason, by, compensate = false } = options
    const message = `The run was cancelled${reason === undefined ? "" : `: ${reason}`}.`
    const error = new WaybillError("run_cancelled", message)
    const open = [...log.state.steps.values()].filter(isOpen).reverse()
    log.append(
      ...open.map((step) =>
        stepEvent("step.failed", step.path, step.attempt, { error: error.toJSON(), failureClass: "cancelled" }),
      ),
      runEvent("run.cancelled", {
        compensate,
        ...(reason === undefined ? {} : { reason }),
        ...(by === undefined ? {} : { by }),
      }),
    )
    abort.abort(error)
  }

  /** Holds the run before its next step; what is in flight ends first. Pausing a paused run does nothing. */
  pause(by?: string): void {
    if (this.#session.log.state.paused) return
    this.#session.log.append(runEvent("run.paused", { reason: "requested", ...(by === undefined ? {} : { by }) }))
  }

  /** Lets a paused run go on: to its end or the next breakpoint, for one step, or up to the step named by `to`. */
  resume(
    how: { readonly mode: "continue" | "step" | "run-to"; readonly to?: string; readonly by?: string } = {
      mode: "continue",
    },
  ): void {
    const { log, gate } = this.#session
    if (!log.state.paused) throw new WaybillError("not_waiting", "The run is not paused.", {})
    log.append(runEvent("run.resumed", how))
    for (const step of log.state.steps.values()) {
      // Going on from a failure without deciding about it is deciding for the failure.
      if (step.waiting?.reason === "failed")
        this.resolve(step.path, { action: "fail", message: step.error?.message ?? "The step failed." })
    }
    gate.reopen()
  }

  #deliver(path: string, name: string, payload: Json, by?: string): void {
    this.#session.log.append(runEvent("signal.received", { name, path, payload, ...(by === undefined ? {} : { by }) }))
    this.#session.parking.wake(path)
  }

  #hasSignal(path: string): boolean {
    return this.#session.log.state.signals.some((signal) => signal.path === path)
  }

  #step(path: string): StepState {
    const step = this.#session.log.step(path)
    if (!step) throw new WaybillError("step_not_found", `The run has no step at "${path}" yet.`, { path })
    return step
  }

  #waitingStep(path: string, reason: "approval"): StepState {
    const step = this.#step(path)
    if (step.waiting?.reason !== reason)
      throw new WaybillError(
        "not_waiting",
        `${path} is ${step.status}${step.waiting ? ` (${step.waiting.reason})` : ""}; it does not wait for an ${reason}.`,
        { path },
      )
    return step
  }
}

function isOpen(step: StepState): boolean {
  return (
    step.status === "running" ||
    step.status === "waiting" ||
    step.status === "retrying" ||
    step.status === "interrupted"
  )
}
