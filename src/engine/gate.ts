/**
 * The gate that every step passes before it starts: here a run stops for the end of a turn, for a pause, for a breakpoint
 * or between the single steps of a stepper, and goes on when told to. The gate holds tasks; it decides nothing durable
 * but the `run.paused` that it writes when a breakpoint is met.
 */
import type { StepNode, Values } from "../graph/node.ts"
import type { Clock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { MAX_STEPS_PER_RUN, MAX_STEPS_PER_TURN, MAX_TURN_MS } from "../lib/limits.ts"
import { type Breakpoint, NEXT_STEP, runEvent } from "../run/event.ts"
import { usedNanoUsd } from "../run/run-state.ts"
import type { Parking } from "./parking.ts"
import type { Pulse } from "./pulse.ts"
import type { RunLog } from "./run-log.ts"

/** Places in the parking that are no step's path: paths never begin with a space. */
const NEXT_TURN = " turn"
const RESUME = " resume"

/** A step that is about to start. */
export interface ComingStep {
  readonly node: StepNode
  readonly path: string
  readonly values: Values
}

export class Gate {
  readonly #log: RunLog
  readonly #parking: Parking
  readonly #pulse: Pulse
  readonly #clock: Clock
  /** Steps that would start if the run were not paused, by their paths. */
  readonly held = new Map<string, ComingStep>()
  #turnSteps = 0
  #turnStartedMs: number
  /** The `run.resumed` that asked for one step and whose step has been let through. */
  #steppedSeq = 0

  constructor(log: RunLog, parking: Parking, pulse: Pulse, clock: Clock) {
    this.#log = log
    this.#parking = parking
    this.#pulse = pulse
    this.#clock = clock
    this.#turnStartedMs = clock.nowMs()
  }

  /** Whether tasks wait for the next turn. */
  get turnOver(): boolean {
    return this.#parking.has(NEXT_TURN)
  }

  /** Begins a turn with fresh limits. */
  newTurn(): void {
    this.#turnSteps = 0
    this.#turnStartedMs = this.#clock.nowMs()
    this.#parking.wake(NEXT_TURN)
  }

  /** Lets waiting tasks look again: the run was resumed, or stepped. */
  reopen(): void {
    this.#parking.wake(RESUME)
  }

  /** Resolves when the step may start, in this turn and by the stepper. Rejects when `signal` aborts. */
  async pass(step: ComingStep, signal: AbortSignal): Promise<void> {
    const { state } = this.#log
    const { node, path } = step
    this.#checkRoom(path)
    for (;;) {
      if (this.#turnIsUp) await this.#nextTurn(signal)
      else if (state.paused) await this.#hold(step, signal)
      else if (this.#stopsAt(node, path)) this.#log.append(runEvent("run.paused", { reason: "breakpoint", at: path }))
      else break
    }
    if (state.resumed?.mode === "step") this.#steppedSeq = state.resumed.seq
    this.#turnSteps += 1
  }

  /** As `pass`, for a step that is left out: it is counted, and no breakpoint holds the run at it. */
  async passOver(path: string, signal: AbortSignal): Promise<void> {
    this.#checkRoom(path)
    for (;;) {
      if (this.#turnIsUp) await this.#nextTurn(signal)
      else if (this.#log.state.paused) await this.resumed(signal)
      else break
    }
    this.#turnSteps += 1
  }

  /** Resolves when the run, which is paused, was resumed. */
  resumed(signal: AbortSignal): Promise<void> {
    return this.#parking.wait(RESUME, undefined, signal)
  }

  get #turnIsUp(): boolean {
    return this.#turnSteps >= MAX_STEPS_PER_TURN || this.#clock.nowMs() - this.#turnStartedMs > MAX_TURN_MS
  }

  #checkRoom(path: string): void {
    if (this.#log.state.steps.size < MAX_STEPS_PER_RUN) return
    throw new WaybillError("limit_exceeded", `The run reached ${MAX_STEPS_PER_RUN} steps.`, {
      path,
      limit: MAX_STEPS_PER_RUN,
    })
  }

  async #hold(step: ComingStep, signal: AbortSignal): Promise<void> {
    this.held.set(step.path, step)
    try {
      await this.resumed(signal)
    } finally {
      this.held.delete(step.path)
    }
  }

  /** The turn ends at the first task that finds it over: others may be in a call that takes longer than several turns. */
  async #nextTurn(signal: AbortSignal): Promise<void> {
    const next = this.#parking.wait(NEXT_TURN, undefined, signal)
    this.#pulse.release()
    await next
  }

  #stopsAt(node: StepNode, path: string): boolean {
    const { state } = this.#log
    const { resumed, lastStartSeq } = state
    // Resumed at this very step: it must be passed once, or its breakpoint would hold the run for ever.
    if (resumed && resumed.from === path) return false
    if (resumed?.mode === "step" && (lastStartSeq > resumed.seq || this.#steppedSeq === resumed.seq)) return true
    if (resumed?.mode === "run-to" && [path, node.name, NEXT_STEP].includes(resumed.to ?? "")) return true
    return state.breakpoints.some((breakpoint) =>
      "costAboveNanoUsd" in breakpoint
        ? usedNanoUsd(state) > breakpoint.costAboveNanoUsd && (resumed?.usedNanoUsd ?? 0) <= breakpoint.costAboveNanoUsd
        : meets(breakpoint, node, path),
    )
  }
}

function meets(breakpoint: Breakpoint, node: StepNode, path: string): boolean {
  if ("step" in breakpoint) return breakpoint.step === path || breakpoint.step === node.name
  if ("kind" in breakpoint) return breakpoint.kind === node.kind
  return false
}
