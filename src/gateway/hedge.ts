/**
 * Hedging: when an attempt has not answered after `hedge.after`, the next candidate is asked as well. The first usable
 * answer wins; the others are aborted, recorded as such and paid for. Without `hedge` a race has one runner.
 */
import type { OperationResult } from "../model/result.ts"
import type { Ranking } from "../routing/decide.ts"
import type { Pick, Session } from "./session.ts"
import { type Tried, tryCandidate } from "./try.ts"

/** The result, or undefined when every attempt of the race failed; why is in the session. */
export async function raceAttempts(
  session: Session,
  ranking: Ranking,
  first: Pick & { readonly waitedMs: number },
): Promise<OperationResult | undefined> {
  const race = new Race(session, ranking)
  try {
    race.launch(first, first.waitedMs, first.turns.length > 0 ? "reask" : undefined)
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

  launch(pick: Pick, waitedMs: number, purpose: string | undefined): void {
    const { signal: caller } = this.#session.options
    const signal = this.#ranking.route.hedge ? AbortSignal.any([caller, this.#lost.signal]) : caller
    const attempt = { ...pick, waitedMs, signal, ...(purpose === undefined ? {} : { purpose }) }
    this.#running.set(pick.candidate.model.key, tryCandidate(this.#session, this.#ranking, attempt))
  }

  /** Waits for the next runner to end, sending further ones after it while there is silence. */
  async nextEnd(): Promise<Tried> {
    for (;;) {
      const ended = await this.#endOrSilence()
      if (ended) {
        this.#running.delete(ended.candidate.model.key)
        return ended
      }
      const rival = this.#rival()
      if (rival) this.launch(rival, 0, "hedge")
    }
  }

  /** Aborts whoever still runs and waits until their calls are on record. */
  async close(): Promise<void> {
    if (!this.running) return
    this.#lost.abort(new DOMException("Another attempt answered first.", "AbortError"))
    await Promise.allSettled(this.#running.values())
  }

  async #endOrSilence(): Promise<Tried | undefined> {
    const { hedge } = this.#ranking.route
    if (!hedge || !this.#rival()) return Promise.race(this.#running.values())
    let cancel = () => {}
    const silence = new Promise<undefined>((resolve) => {
      cancel = this.#session.services.clock.setTimer(hedge.afterMs, () => resolve(undefined))
    })
    try {
      return await Promise.race([...this.#running.values(), silence])
    } finally {
      cancel()
    }
  }

  /** Who could be asked as well, right now. */
  #rival(): Pick | undefined {
    const { hedge } = this.#ranking.route
    if (!hedge || this.#running.size >= hedge.max) return undefined
    const pick = this.#session.pick(this.#ranking, new Set(this.#running.keys()))
    return pick && pick.waitUntilMs <= this.#session.services.clock.nowMs() ? pick : undefined
  }
}
