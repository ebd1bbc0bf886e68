/**
 * Hedging: when an attempt has not answered after `hedge.after`, the next candidate is asked as well. The first usable
 * answer wins; the others are aborted, recorded as such and paid for. Without `hedge` a race has one runner.
 */
import type { OperationResult } from "../model/result.ts"
import type { Ranking } from "../routing/decide.ts"
import type { Pick } from "./candidates.ts"
import type { Session } from "./session.ts"
import { type Tried, tryCandidate } from "./try.ts"

/** The result, or undefined when every attempt of the race failed; why is in the session. */
export async function raceAttempts(
  session: Session,
  ranking: Ranking,
  first: Runner,
): Promise<OperationResult | undefined> {
  const race = new Race(session, ranking)
  try {
    race.launch(first)
    while (race.running) {
      const { served, candidate } = await race.nextEnd()
      if (!served) continue
      session.served(candidate, served.reply)
      served.show()
      return served.result
    }
    return undefined
  } finally {
    await race.close()
  }
}

interface Runner extends Pick {
  readonly waitedMs: number
}

class Race {
  readonly #session: Session
  readonly #ranking: Ranking
  readonly #lost = new AbortController()
  readonly #running = new Map<string, Promise<Tried>>()

  constructor(session: Session, ranking: Ranking) {
    this.#session = session
    this.#ranking = ranking
  }

  get running(): boolean {
    return this.#running.size > 0
  }

  launch(runner: Runner): void {
    const { signal: caller } = this.#session.options
    const signal = this.#ranking.route.hedge ? AbortSignal.any([caller, this.#lost.signal]) : caller
    const key = runner.candidate.model.key
    this.#running.set(key, tryCandidate(this.#session, this.#ranking, { ...runner, signal }))
  }

  /** Waits for the next runner to end, sending further ones after it while there is silence. */
  async nextEnd(): Promise<Tried> {
    for (;;) {
      const next = await this.#endOrRival()
      if (!("waitedMs" in next)) {
        this.#running.delete(next.candidate.model.key)
        return next
      }
      this.launch(next)
    }
  }

  /** Aborts whoever still runs and waits until their calls are on record. */
  async close(): Promise<void> {
    if (!this.running) return
    this.#lost.abort(new DOMException("Another attempt answered first.", "AbortError"))
    const ends = await Promise.allSettled(this.#running.values())
    for (const end of ends)
      if (end.status === "fulfilled" && end.value.served) this.#session.outrun(end.value.served.number)
  }

  /** Whoever ends, or who is to be asked as well because nobody has ended: not before it may be asked. */
  async #endOrRival(): Promise<Tried | Runner> {
    const { hedge } = this.#ranking.route
    const rival = this.#rival()
    if (!hedge || !rival) return Promise.race(this.#running.values())
    const { clock } = this.#session.services
    const waitedMs = Math.max(0, rival.waitUntilMs - clock.nowMs())
    let cancel = () => {}
    const silence = new Promise<Runner>((resolve) => {
      const runner = { ...rival, waitedMs, purpose: "hedge" }
      cancel = clock.setTimer(Math.max(hedge.afterMs, waitedMs), () => resolve(runner))
    })
    try {
      return await Promise.race([...this.#running.values(), silence])
    } finally {
      cancel()
    }
  }

  /** Who could be asked as well. */
  #rival(): Pick | undefined {
    const { hedge } = this.#ranking.route
    if (!hedge || this.#running.size >= hedge.max) return undefined
    return this.#session.candidates.pick(this.#ranking, new Set(this.#running.keys()))
  }
}
