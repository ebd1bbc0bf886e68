/**
 * Drives one run's engine from inside its Durable Object: keeps it moving while it can move, wakes it when a wait is over,
 * and notices when the object died under it.
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
  /** Sets the job of this id, replacing it. */
  readonly arm: (job: string, atMs: number) => Promise<void>
  readonly disarm: (job: string) => Promise<void>
  /** Keeps the object alive until the promise settles. */
  readonly hold: (work: Promise<unknown>) => void
  /** Tells the run's tenant and its parent how the run stands; must be safe to repeat. Rejects when it did not get through. */
  readonly report: () => Promise<void>
}

/** How soon a report that did not get through is tried again. */
const REPORT_AGAIN_MS = 2_000

export class Driver {
  readonly #engine: Engine
  readonly #host: DriverHost
  /** Id of the job that is, or will be, armed. */
  #job = "even"
  #armedAtMs: number | undefined
  #turns: Promise<void> | undefined
  /** Somebody asked for movement while a turn was ending: it is followed by another. */
  #again = false

  constructor(engine: Engine, host: DriverHost) {
    this.#engine = engine
    this.#host = host
  }

  /** Moves the run, in the background, until it has ended or only the outside can move it. */
  async drive(): Promise<void> {
    await this.#arm(this.#host.clock.nowMs() + WATCHDOG_MS, "soonest")
    this.#move()
  }

  /** Takes up a run whose object was just brought to memory. What was in flight goes on; a run that only waits costs no write. */
  async takeUp(): Promise<void> {
    const { state } = this.#engine
    if (state.ended || (state.waitingLeaves > 0 && state.runningLeaves === 0)) return this.#move()
    await this.drive()
  }

  /**
   * A job fired; the queue deletes it when this resolves. The next one therefore gets another id, and this resolves at once:
   * while a job runs, the queue's own safety alarm stands 30 s ahead, too far for a watchdog.
   */
  async fired(job: string): Promise<void> {
    this.#engine.wake()
    if (job === this.#job) {
      this.#job = job === "even" ? "odd" : "even"
      this.#armedAtMs = undefined
    }
    await this.takeUp()
  }

  #move(): void {
    if (this.#turns) {
      this.#again = true
      return
    }
    this.#turns = this.#run().finally(() => {
      this.#turns = undefined
    })
    this.#host.hold(this.#turns)
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      const moved = this.#engine.advance()
      // Taken up without a watchdog, because it seemed only to wait; if it moves after all, it needs one.
      if (this.#engine.busy) await this.#arm(this.#host.clock.nowMs() + WATCHDOG_MS, "soonest")
      if ((await moved) === "yield") this.#again = true
      if (!this.#again) await this.#settle()
    } while (this.#again)
  }

  /** Nothing moves by itself any more: everybody is told, and the job is set to the end of the next wait, or removed. */
  async #settle(): Promise<void> {
    let nextMs = this.#engine.nextWakeMs()
    try {
      await this.#host.report()
    } catch {
      nextMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, this.#host.clock.nowMs() + REPORT_AGAIN_MS)
    }
    if (this.#again) return
    if (nextMs !== undefined) return this.#arm(nextMs, "exactly")
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
