/**
 * What people and programs may tell a run from outside. Each command checks first and appends its event in one go, so it
 * either happened whole or not at all. The caller calls `advance` afterwards.
 *
 * Commands that carry a value resolve when it is in the log: a large one goes to the blob store before.
 */
import type { StepNode } from "../graph/node.ts"
import { parseWith, type Schema } from "../graph/schema.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Json, toJson } from "../lib/json.ts"
import { MAX_PENDING_SIGNALS } from "../lib/limits.ts"
import { type Breakpoint, type Resolution, runEvent, type StepEdit, type Stored, stepEvent } from "../run/event.ts"
import { isHeld, isOpen, isToBeUndone, type StepState } from "../run/run-state.ts"
import { externalize, fitsInline } from "../store/values.ts"
import { checkBreakpoints } from "./breakpoints.ts"
import { takeChildEnd } from "./children.ts"
import { editStep } from "./edit-step.ts"
import { checkAnswerable, goOn, type HowToGoOn } from "./go-on.ts"
import type { ChildEnd } from "./host.ts"
import { stoppedEvent } from "./left-behind.ts"
import { nodeAt } from "./locate.ts"
import { cancelOrphans } from "./orphans.ts"
import type { Session } from "./session.ts"
import { checkSignal, waitersFor } from "./signals.ts"

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

  /**
   * Delivers a signal. One that no step waits for yet is kept until a step does. Throws `signal_invalid` when it fits no step
   * that it may be meant for, and `limit_exceeded` when too many are kept already.
   */
  async signal(name: string, payload: unknown, by?: string): Promise<void> {
    const { log, parking } = this.#session
    checkSignal(this.#session, name, payload)
    await this.#append(toJson(payload ?? null, name), (stored) => {
      if (log.state.signals.length >= MAX_PENDING_SIGNALS)
        throw new WaybillError(
          "limit_exceeded",
          `The run holds ${MAX_PENDING_SIGNALS} signals that no step has taken.`,
          {
            limit: MAX_PENDING_SIGNALS,
          },
        )
      log.append(runEvent("signal.received", { name, payload: stored, ...(by === undefined ? {} : { by }) }))
      for (const path of waitersFor(this.#session, name)) parking.wake(path)
    })
  }

  /** Delivers the end of a child run. A second delivery does nothing, unless the child has cost more since the first. */
  childEnded(end: ChildEnd): Promise<void> {
    return takeChildEnd(this.#session, end)
  }

  /** Answers the approval at `path`. Throws `not_waiting`, `not_allowed` or `signal_invalid`; the wait goes on then. */
  async approve(path: string, answer: ApprovalAnswer): Promise<void> {
    const isAnswered = () => this.#hasSignal(path) || this.#session.log.step(path)?.status !== "waiting"
    const step = this.#waitingStep(path, "approval")
    if (isAnswered()) throw new WaybillError("not_waiting", `${path} was answered already.`, { path })
    const approvers = step.waiting?.approvers
    if (approvers && !approvers.includes(answer.by ?? ""))
      throw new WaybillError(
        "not_allowed",
        `${path}: found the approver ${JSON.stringify(answer.by ?? null)}, expected one of ${approvers.join(", ")}.`,
        { path, approvers },
      )
    const config = this.#nodeAt(path)?.config as { readonly form?: Schema } | undefined
    const form =
      config?.form && answer.approved ? parseWith(config.form, answer.form, "signal_invalid", "form") : answer.form
    const { approved, by, comment } = answer
    await this.#deliver(path, "approval", toJson({ approved, by, comment, form }, "approval"), by, () => !isAnswered())
  }

  /** Decides about a step that is parked because a crash, or a breakpoint on failures, left it undecided. */
  async resolve(path: string, resolution: Resolution, by?: string): Promise<void> {
    if (resolution.action === "retry") await checkAnswerable(this.#session, this.#parkedStep(path), resolution.model)
    this.#parkedStep(path)
    const value = this.#valueOf(path, resolution)
    const stored = value === undefined || fitsInline(value) ? value : await externalize(value, this.#session.host.blobs)
    const step = this.#parkedStep(path)
    const data = { ...withValue(resolution, stored), ...(by === undefined ? {} : { by }) }
    this.#session.log.append(stepEvent("step.resolved", path, step.attempt, data))
    this.#session.parking.wake(path)
  }

  /** Changes what a step does when it starts, or starts again. Throws `step_not_found`, or `edit_invalid` when it is too late. */
  edit(path: string, edit: StepEdit, how: { readonly by?: string; readonly copied?: true } = {}): Promise<void> {
    return editStep(this.#session, path, edit, how)
  }

  /** Ends the run now: what is in flight is aborted, what waits stops waiting. Cancelling an ended run throws `run_ended`. */
  cancel(options: { readonly reason?: string; readonly by?: string; readonly compensate?: boolean } = {}): void {
    const { log, abort } = this.#session
    const { reason, by, compensate = false } = options
    const message = `The run was cancelled${reason === undefined ? "" : `: ${reason}`}.`
    const error = new WaybillError("run_cancelled", message)
    const open = [...log.state.steps.values()].filter(isOpen).reverse()
    log.append(
      ...open.map((step) => stoppedEvent(step, error)),
      runEvent("run.cancelled", {
        compensate,
        ...(reason === undefined ? {} : { reason }),
        ...(by === undefined ? {} : { by }),
      }),
    )
    abort.abort(error)
    cancelOrphans(this.#session)
  }

  /** Lets the run undo what it did, however it ended; one that is under way is cancelled. Asking twice does nothing. */
  undo(reason: string): void {
    const { log } = this.#session
    if (!log.state.ended) return this.cancel({ reason, compensate: true })
    if (!isToBeUndone(log.state)) log.append(runEvent("compensation.requested", { reason }))
  }

  /** Holds the run before its next step; what is in flight ends first. Pausing a paused run does nothing. */
  pause(by?: string): void {
    if (this.#session.log.state.paused) return
    this.#session.log.append(runEvent("run.paused", { reason: "requested", ...(by === undefined ? {} : { by }) }))
  }

  /** Where the run stops from here on. Throws `request_invalid` for a breakpoint that can never be met. */
  setBreakpoints(breakpoints: readonly Breakpoint[], by?: string): void {
    const { log, workflow, host } = this.#session
    checkBreakpoints(breakpoints, workflow, host.kinds)
    log.append(runEvent("run.breakpoints", { breakpoints, ...(by === undefined ? {} : { by }) }))
  }

  /** Lets a run that stands go on (`go-on.ts`). */
  resume(how: HowToGoOn = { mode: "continue" }): void {
    goOn(this.#session, how)
  }

  /** Appends a signal addressed to the step at `path`, unless `isStillAwaited` says no after a large payload was stored. */
  async #deliver(
    path: string,
    name: string,
    payload: Json,
    by: string | undefined,
    isStillAwaited: () => boolean,
  ): Promise<void> {
    await this.#append(payload, (stored) => {
      if (!isStillAwaited()) return
      const data = { name, path, payload: stored, ...(by === undefined ? {} : { by }) }
      this.#session.log.append(runEvent("signal.received", data))
      this.#session.parking.wake(path)
    })
  }

  /** A small payload is appended before this returns, so that commands take effect in the order in which they are given. */
  async #append(payload: Json, append: (stored: Stored) => void): Promise<void> {
    append(fitsInline(payload) ? payload : await externalize(payload, this.#session.host.blobs))
  }

  /** The value that a resolution carries, checked; undefined when it carries none. */
  #valueOf(path: string, resolution: Resolution): Json | undefined {
    if (resolution.action !== "complete") return undefined
    const node = this.#nodeAt(path)
    const schema = node && this.#session.host.kinds[node.kind]?.output?.(node.config)
    return toJson(schema ? parseWith(schema, resolution.output, "output_refused", path) : resolution.output, path)
  }

  #hasSignal(path: string): boolean {
    return this.#session.log.state.signals.some((signal) => signal.path === path)
  }

  #nodeAt(path: string): StepNode | undefined {
    return nodeAt(this.#session.workflow.scope, path, this.#session.host.kinds)
  }

  #step(path: string): StepState {
    const step = this.#session.log.step(path)
    if (!step) throw new WaybillError("step_not_found", `The run has no step at "${path}" yet.`, { path })
    return step
  }

  #parkedStep(path: string): StepState {
    const step = this.#step(path)
    if (isHeld(step)) return step
    throw new WaybillError(
      "not_waiting",
      `${path} is ${step.status}; only a step that waits to be resolved can be resolved.`,
      { path, status: step.status },
    )
  }

  #waitingStep(path: string, reason: string): StepState {
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

function withValue(resolution: Resolution, value: Stored | undefined): Resolution {
  if (value === undefined) return resolution
  return resolution.action === "complete" ? { action: "complete", output: value } : resolution
}
