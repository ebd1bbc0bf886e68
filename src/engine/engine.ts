/**
 * The engine: one run of one workflow on one log. It is told what happens outside (`advance`, `wake`, the commands) and
 * tells its host when it next has to be woken; it owns no alarm and no socket.
 *
 * Invariants:
 * 1. All that it knows it can fold from the log: an engine made anew on the same log goes on where the old one stood.
 * 2. Nothing leaves it before the log says so (see `attempts.ts`).
 * 3. It does not know the gateway, nor Cloudflare.
 */
import { parseWith } from "../graph/schema.ts"
import type { Workflow } from "../graph/workflow.ts"
import { type ErrorData, errorData, WaybillError } from "../lib/errors.ts"
import { LOOK_FOR_CODE_MS } from "../lib/limits.ts"
import { type RunHeader, runEvent } from "../run/event.ts"
import { isToBeUndone, type RunState, type RunStatus, runStatus } from "../run/run-state.ts"
import { detach, externalizeMade } from "../store/values.ts"
import { endCue } from "./answered.ts"
import { checkUnderWay } from "./changed.ts"
import { childEnd } from "./children.ts"
import { Commands } from "./commands.ts"
import { compensate, undone } from "./compensate.ts"
import { plainError } from "./failure.ts"
import type { ChildEnd, EngineHost, Undone } from "./host.ts"
import { endAllLeftBehind, noteLeftBehind } from "./left-behind.ts"
import { cancelOrphans } from "./orphans.ts"
import { recover } from "./recover.ts"
import { Session } from "./session.ts"
import { type StopPoint, stopPoint } from "./stop.ts"
import { walkBody, walkScope } from "./walk.ts"

export class Engine {
  readonly #session: Session
  readonly commands: Commands
  #walking: Promise<void> | undefined
  /** Why the walk ended before its time: the store failed, or we did. */
  #broken: { readonly thrown: unknown } | undefined

  /** Takes up the run in `host.store`, or prepares an empty log for `create`. */
  constructor(host: EngineHost, workflow: Workflow) {
    this.#session = new Session(host, workflow, walkScope)
    this.commands = new Commands(this.#session)
  }

  get state(): RunState {
    return this.#session.log.state
  }

  get status(): RunStatus {
    return runStatus(this.state)
  }

  /** Whether the run's code is not there: then it can be read and cancelled, and stays as it is. */
  get codeMissing(): boolean {
    return this.#session.workflow.missing === true
  }

  /** Why this engine is of no more use, also when nobody advances it; undefined while all is well. */
  get fault(): { readonly thrown: unknown } | undefined {
    return this.#session.log.fault
  }

  /** Whether something is being done right now: while it is, a crash must be noticed soon. */
  get busy(): boolean {
    return this.#session.pulse.busy
  }

  /**
   * Writes the run's first event. `header.input` is checked by the workflow's input schema: throws `input_invalid` with
   * every path, and nothing is written. Creating a run that exists does nothing.
   */
  async create(header: Omit<RunHeader, "graphDigest" | "version">): Promise<void> {
    const { log, host, workflow } = this.#session
    if (log.state.header) return
    const input = parseWith(workflow.input, header.input, "input_invalid", "input")
    const { stored } = await detach(input, "input", host.blobs)
    if (log.state.header) return
    log.append(
      runEvent("run.created", { ...header, input: stored, version: workflow.version, graphDigest: workflow.digest }),
    )
  }

  /**
   * Moves the run as far as it can go by itself: until it has ended and owes nothing, every task waits for the outside, or
   * the turn is over (`"yield"`: call again soon). A call while another is under way joins it. A run that ended may still
   * owe something (compensations, the cancelling of children): an engine made anew for it has to be advanced too.
   *
   * Rejects when the store failed. This engine is of no more use then: make a new one on the same store.
   */
  async advance(): Promise<"idle" | "yield"> {
    const { pulse, gate } = this.#session
    this.wake()
    gate.newTurn()
    if (!this.#walking && !this.#broken) {
      pulse.add()
      this.#walking = this.#walk().finally(() => {
        // What has ended may yet be asked to undo itself.
        if (this.state.ended) this.#walking = undefined
        pulse.remove()
      })
    }
    await pulse.idle()
    if (this.#broken) throw this.#broken.thrown
    return gate.turnOver ? "yield" : "idle"
  }

  /** Wakes what waited for a time that has come, and stops what took too long. `advance` does it too. */
  wake(): void {
    const { workflow, abort, parking, deadlines } = this.#session
    const nowMs = this.#session.nowMs()
    if (this.#timeoutAtMs() <= nowMs) {
      const message = `The run had not ended ${workflow.timeoutMs} ms after it was created, pauses not counted.`
      abort.abort(new WaybillError("run_timeout", message))
    }
    deadlines.fireDue(nowMs)
    parking.wakeDue(nowMs)
  }

  /** When `wake` is next needed, milliseconds since the epoch; undefined when only the outside can move the run. */
  nextWakeMs(): number | undefined {
    const { parking, deadlines } = this.#session
    const parkedMs = parking.nextWakeMs() ?? Number.POSITIVE_INFINITY
    const next = Math.min(parkedMs, deadlines.nextMs(), this.#timeoutAtMs(), this.#lookAgainMs())
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }

  /** Resolves when nothing moves by itself any more. */
  atRest(): Promise<void> {
    return this.#session.pulse.idle()
  }

  /** Where the run stands, for somebody who goes through it step by step. */
  stop(): Promise<StopPoint> {
    return stopPoint(this.#session)
  }

  /** How far the run has undone itself. */
  get undone(): Undone {
    return undone(this.#session)
  }

  /** What the run tells its parent of its end; undefined before it. */
  childEnd(): Promise<ChildEnd | undefined> {
    return childEnd(this.#session)
  }

  /** The value that event `seq` holds (an input, an output), whole. */
  value(seq: number): Promise<unknown> {
    return this.#session.values.load(seq, this.#session.host.blobs)
  }

  /** When a run that needs its missing code looks whether it is back. */
  #lookAgainMs(): number {
    const { ended } = this.state
    const isOver = ended !== undefined && !isToBeUndone(this.state)
    return this.codeMissing && !isOver ? this.#session.nowMs() + LOOK_FOR_CODE_MS : Number.POSITIVE_INFINITY
  }

  #timeoutAtMs(): number {
    const { timeoutMs } = this.#session.workflow
    const { header, ended, createdAtMs } = this.state
    if (timeoutMs === undefined || !header || ended) return Number.POSITIVE_INFINITY
    return this.#session.endOfLimit(createdAtMs, timeoutMs)
  }

  /** Never rejects: what goes wrong is in the log or, when the log itself fails, thrown by `advance`. */
  async #walk(): Promise<void> {
    const session = this.#session
    const { log } = session
    try {
      cancelOrphans(session)
      // All else takes the code.
      if (this.codeMissing) return
      if (!log.state.ended) {
        noteLeftBehind(session)
        await recover(session)
        await this.#walkBody().catch((thrown: unknown) => this.#fail(thrown))
      }
      if (log.fault) throw log.fault.thrown
      await compensate(session)
    } catch (thrown) {
      this.#broken = { thrown }
    }
  }

  async #walkBody(): Promise<void> {
    const session = this.#session
    const { log, blobs } = session
    checkUnderWay(session)
    if (log.state.startedAtMs === undefined) log.append(runEvent("run.started", {}))
    const output = await externalizeMade((await walkBody(session)) ?? null, "output", blobs)
    await endCue(session)
    log.append(runEvent("run.completed", { output }))
  }

  async #fail(thrown: unknown): Promise<void> {
    const { log } = this.#session
    if (!log.closed) await endCue(this.#session)
    if (log.closed) return
    const error = plainError(errorData(thrown, "internal"))
    const at = this.#failedAt(error)
    const failed = runEvent("run.failed", { error, ...(at === undefined ? {} : { at }) })
    log.append(...endAllLeftBehind(this.#session, thrown), failed)
    cancelOrphans(this.#session)
  }

  /** The step that failed with `error`, the innermost where it failed several; without one, what the error names. */
  #failedAt({ code, message, path }: ErrorData): string | undefined {
    const steps = [...this.state.steps.values()]
    const failed = steps.filter(
      ({ status, error }) =>
        status === "failed" && error?.code === code && error.message === message && error.path === path,
    )
    return failed.map((step) => step.path).toSorted((left, right) => right.length - left.length)[0] ?? path
  }
}
