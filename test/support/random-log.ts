/**
 * Legal logs out of numbers: each number picks one of the events that may come next. fast-check draws the numbers, so a
 * property holds for every order of starts, failures, crashes, waits and resolutions that the driver knows.
 */
import fc from "fast-check"
import { type NewEvent, type RunEvent, runEvent, stepEvent } from "../../src/run/event.ts"
import { attempt, completed, composite, failed, HEADER, operation, operationRecord, recorded, started } from "./log.ts"

/** What a step may do next. `parked` waits for somebody outside. */
type Phase = "new" | "running" | "again" | "waiting" | "parked" | "ended"

const LEAVES = ["screen", "items[0].read", "items[1].read", "outcome.refund.charge"]

class Driver {
  readonly events: NewEvent[] = [
    runEvent("run.created", HEADER),
    runEvent("run.started", {}),
    composite("items", "map"),
    composite("outcome"),
  ]
  readonly #steps = LEAVES.map((path) => ({ path, phase: "new" as Phase, attempt: 0, operations: 0 }))
  readonly #signals: number[] = []
  readonly #children: { runId: string; path: string; charges: number }[] = []

  /** Appends one event; false when nothing may happen any more. */
  step(choice: number): boolean {
    const open = this.#steps.filter(({ phase }) => phase !== "ended")
    if (open.length === 0) return false
    const step = open[choice % open.length]
    if (!step) return false
    const moves = this.#moves(step)
    const move = moves[Math.floor(choice / open.length) % moves.length]
    if (move) move()
    return true
  }

  /** What comes after the end of the run. */
  late(): NewEvent[] {
    const path = LEAVES[0] ?? ""
    const started = this.events.some((event) => event.type === "step.started" && event.path === path)
    return started ? [operation(path, 1, 99, operationRecord([attempt(1)]), { unused: true })] : []
  }

  #moves(step: { path: string; phase: Phase; attempt: number; operations: number }): (() => void)[] {
    const { path } = step
    const add = (event: NewEvent, phase: Phase) => () => {
      this.events.push(event)
      step.phase = phase
    }
    const begin = () => {
      step.attempt += 1
      add(started(path, step.attempt), "running")()
    }
    const at = step.attempt
    const resolve = (data: Parameters<typeof stepEvent<"step.resolved">>[3], phase: Phase) =>
      add(stepEvent("step.resolved", path, at, data), phase)
    switch (step.phase) {
      case "new":
        return [begin, begin, begin, add(stepEvent("step.skipped", path, 0, { kind: "plan", reason: "when" }), "ended")]
      case "again":
        return [begin]
      case "waiting":
        return [() => this.#signal(path), () => this.#complete(step), add(failed(path, at), "ended")]
      case "parked":
        return [
          resolve({ action: "retry" }, "again"),
          resolve({ action: "complete", output: 1 }, "ended"),
          resolve({ action: "skip" }, "ended"),
          add(stepEvent("step.edited", path, 0, { input: { edited: true } }), "parked"),
        ]
      default:
        return [...this.#running(step, add), () => this.#complete(step), () => this.#complete(step)]
    }
  }

  #running(
    step: { path: string; phase: Phase; attempt: number; operations: number },
    add: (event: NewEvent, phase: Phase) => () => void,
  ): (() => void)[] {
    const { path, attempt: at } = step
    const call =
      (count: number, more: { replayed?: boolean; failed?: boolean; unused?: boolean } = {}) =>
      () => {
        const attempts = Array.from({ length: count }, (_, index) =>
          attempt(index + 1, { costNanoUsd: 7 * at + index, outcome: index + 1 < count ? "failed" : "succeeded" }),
        )
        this.events.push(operation(path, at, step.operations, operationRecord(attempts), more))
        step.operations += 1
      }
    const heldError = { code: "step_failed", message: "held" } as const
    return [
      call(1),
      call(3),
      call(2, { failed: true }),
      call(1, { replayed: true }),
      call(1, { unused: true }),
      () => this.#child(path, at),
      () => this.#signal(undefined),
      add(failed(path, at, 1), "again"),
      add(failed(path, at), "ended"),
      add(
        stepEvent("step.failed", path, at, { error: heldError, failureClass: "output.refusal", held: true }),
        "parked",
      ),
      add(stepEvent("step.waiting", path, at, { reason: "signal", signal: "go" }), "waiting"),
      add(stepEvent("step.interrupted", path, at, { parked: false, lost: { costNanoUsd: 11 } }), "again"),
      add(stepEvent("step.interrupted", path, at, { parked: true }), "parked"),
    ]
  }

  /** A child run starts, or the last of those that started ends, and then costs more than it said. */
  #child(path: string, at: number): void {
    const last = this.#children.at(-1)
    if (!last || last.charges === 2) {
      const runId = `run_child${this.#children.length}`
      this.#children.push({ runId, path, charges: 0 })
      this.events.push(stepEvent("child.started", path, at, { runId, workflow: "inner" }))
      return
    }
    last.charges += 1
    const told = { runId: last.runId, costNanoUsd: 13 * last.charges }
    this.events.push(
      last.charges === 1
        ? stepEvent("child.ended", last.path, at, { ...told, status: "failed" })
        : stepEvent("child.charged", last.path, at, told),
    )
  }

  #signal(path: string | undefined): void {
    const data = { name: "go", payload: 1, ...(path === undefined ? {} : { path }) }
    this.events.push(runEvent("signal.received", data))
    this.#signals.push(this.events.length)
  }

  #complete(step: { path: string; phase: Phase; attempt: number }): void {
    const signalSeq = step.phase === "waiting" ? this.#signals.shift() : undefined
    const event = completed(step.path, step.attempt)
    this.events.push(
      signalSeq === undefined ? event : stepEvent("step.completed", step.path, step.attempt, { output: 1, signalSeq }),
    )
    step.phase = "ended"
  }
}

/** Logs of up to about 120 events, finished or cut off anywhere. */
export const anyLog: fc.Arbitrary<readonly RunEvent[]> = fc
  .array(fc.nat({ max: 10_000 }), { maxLength: 120, size: "max" })
  .map((choices) => {
    const driver = new Driver()
    const finished = choices.some((choice) => !driver.step(choice))
    if (finished)
      driver.events.push(
        ...[completed("items"), completed("outcome"), runEvent("run.completed", { output: 1 })],
        ...driver.late(),
      )
    return recorded(driver.events)
  })
