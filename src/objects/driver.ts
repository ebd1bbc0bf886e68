/**
 * Drives one run's engine from inside its Durable Object: asks for a place before it first moves, keeps it moving while it
 * can move, wakes it when a wait is over, and notices when the object died under it.
 *
 * One job of the lifecycle queue (and so one alarm) serves as watchdog and as alarm clock. While something is in flight it
 * stands at most `WATCHDOG_MS` ahead and is moved only when it fires; when the run waits, it stands where the wait ends;
 * when the run has ended and everybody was told, it is gone.
 *
 * Invariant: the job is in storage before anything that needs it leaves the object.
 */
import type { Engine } from "../engine/engine.ts"
import type { Clock } from "../lib/clock.ts"
import { WATCHDOG_MS } from "../lib/limits.ts"

/** What the driver needs of the object. */
export interface DriverHost {
  readonly clock: Clock
  /** The newest job that an earlier life of the object left in storage. */
  readonly left: () => { readonly job: string; readonly atMs: number } | undefined
  /** Sets the job of this id, replacing it. */
  readonly arm: (job: string, atMs: number) => Promise<void>
  readonly disarm: (job: string) => Promise<void>
  /** The store failed, and this engine can do nothing more: the object must go, so that a new one takes the run up from its log. */
  readonly giveUp: (thrown: unknown) => void
  /** Keeps the object alive until the promise settles. */
  readonly hold: (work: Promise<unknown>) => void
  /** Asks whether the run, which has not started, has a place. Rejects when nobody could be asked. */
  readonly admit: () => Promise<"go" | "queued">
  /** Tells the run's tenant and its parent how the run stands; must be safe to repeat. Rejects when it did not get through. */
  readonly report: () => Promise<void>
}

/** How soon a report, or a question, that did not get through is tried again. */
const AGAIN_MS = 2_000

export class Driver {
  readonly #engine: Engine
  readonly #host: DriverHost
  /** Id of the job that is, or will be, armed. */
  #job: string
  #armedAtMs: number | undefined
  #turns: Promise<void> | undefined
  /** Somebody asked for movement while a turn was ending: it is followed by another. */
  #again = false
  /** The run has a place. One that started had one. */
  #admitted = false
  /** Nobody could be asked for a place. */
  #unasked = false

  constructor(engine: Engine, host: DriverHost) {
    this.#engine = engine
    this.#host = host
    const left = host.left()
    this.#job = left?.job ?? "even"
    this.#armedAtMs = left?.atMs
  }

  /** Moves the run, if it has a place, in the background, until it has ended or only the outside can move it. */
  async drive(): Promise<void> {
    await this.#arm(this.#host.clock.nowMs() + WATCHDOG_MS, "soonest")
    await this.#ask()
    this.#move()
  }

  /** As `drive`, of a run that was given a place. */
  async go(): Promise<void> {
    this.#admitted = true
    await this.drive()
  }

  /** Takes up a run whose object was just brought to memory. What was in flight goes on; a run that only waits costs no write. */
  async takeUp(): Promise<void> {
    const { state } = this.#engine
    if (state.ended || (state.waitingLeaves > 0 && state.runningLeaves === 0)) return this.#move()
    if (this.#mayMove) return this.drive()
    // Not awaited: whoever woke the object may be the one who is asked.
    this.#host.hold(this.drive())
  }

  /**
   * A job fired; the queue deletes it when this resolves. The next one therefore gets another id, and this resolves at once:
   * while a job runs, the queue's own safety alarm stands 30 s ahead, too far for a watchdog.
   */
  async fired(job: string): Promise<void> {
    const wasBusy = this.#engine.busy
    this.#engine.wake()
    if (job === this.#job) {
      this.#job = job === "even" ? "odd" : "even"
      this.#armedAtMs = undefined
    }
    await this.takeUp()
    // It may be one that waited, and woke, and has been busy ever since: its tenant should know.
    if (wasBusy) this.#host.hold(this.#host.report().catch(() => {}))
  }

  /** Only a run that never started needs a place, and one that is to end needs none. */
  get #mayMove(): boolean {
    const { startedAtMs, ended } = this.#engine.state
    if (this.#admitted || startedAtMs !== undefined || ended !== undefined) return true
    return (this.#engine.nextWakeMs() ?? Number.POSITIVE_INFINITY) <= this.#host.clock.nowMs()
  }

  async #ask(): Promise<void> {
    if (this.#mayMove || this.#engine.state.paused) return
    try {
      this.#unasked = false
      if ((await this.#host.admit()) === "go") this.#admitted = true
    } catch {
      this.#unasked = true
    }
  }

  #move(): void {
    if (this.#turns) {
      this.#again = true
      return
    }
    this.#turns = this.#run()
      .catch((thrown: unknown) => this.#host.giveUp(thrown))
      .finally(() => {
        this.#turns = undefined
      })
    this.#host.hold(this.#turns)
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      if (!this.#mayMove) {
        await this.#settle()
        continue
      }
      const moved = this.#engine.advance()
      // Its rejection is awaited below; until then nobody may take it for unhandled.
      moved.catch(() => {})
      // Taken up without a watchdog, because it seemed only to wait; if it moves after all, it needs one.
      if (this.#engine.busy) await this.#arm(this.#host.clock.nowMs() + WATCHDOG_MS, "soonest")
      if ((await moved) === "yield") this.#again = true
      if (!this.#again) await this.#settle()
    } while (this.#again)
  }

  /** Nothing moves by itself any more: everybody is told, and the job is set to the end of the next wait, or removed. */
  async #settle(): Promise<void> {
    const got = await this.#host.report().then(
      () => !this.#unasked,
      () => false,
    )
    if (this.#again) return
    const againMs = got ? Number.POSITIVE_INFINITY : this.#host.clock.nowMs() + AGAIN_MS
    const nextMs = Math.min(this.#engine.nextWakeMs() ?? Number.POSITIVE_INFINITY, againMs)
    if (nextMs !== Number.POSITIVE_INFINITY) return this.#arm(nextMs, "exactly")
    if (this.#armedAtMs === undefined) return
    this.#armedAtMs = undefined
    await this.#host.disarm(this.#job)
  }

  async #arm(atMs: number, how: "soonest" | "exactly"): Promise<void> {
    if (this.#armedAtMs === atMs || (how === "soonest" && this.#armedAtMs !== undefined && this.#armedAtMs <= atMs))
      return
    this.#armedAtMs = atMs
    await this.#host.arm(this.#job, atMs)
  }
}
