/**
 * The health of providers as the whole deployment knows it: what isolates report is merged, and each is told what it has not
 * heard. Kept in memory only, because it is about the last seconds: who reports to an object that came back with another
 * epoch reports everything anew.
 */
import { type HealthState, type ModelHealth, mergeHealth } from "../gateway/health.ts"

/** What an isolate has heard: everything up to `seq` of this epoch. */
export interface HealthMark {
  readonly epoch: string
  readonly seq: number
}

/** Models that are kept: callers can name models as they please, so there must be an end. */
const MAX_MODELS = 1_000

export class SharedHealth {
  readonly #epoch: string
  /** In the order in which they changed, the latest last. */
  readonly #models = new Map<string, { readonly health: ModelHealth; readonly seq: number }>()
  #seq = 0

  constructor(epoch: string) {
    this.#epoch = epoch
  }

  get mark(): HealthMark {
    return { epoch: this.#epoch, seq: this.#seq }
  }

  /** Takes in what an isolate found out. */
  report(changed: HealthState): void {
    for (const [key, health] of Object.entries(changed)) {
      const known = this.#models.get(key)?.health
      const merged = known ? mergeHealth({ [key]: known }, { [key]: health })[key] : health
      if (!merged || merged === known) continue
      this.#seq += 1
      this.#models.delete(key)
      this.#models.set(key, { health: merged, seq: this.#seq })
    }
    for (const key of this.#models.keys()) {
      if (this.#models.size <= MAX_MODELS) break
      this.#models.delete(key)
    }
  }

  /** What changed since `heard`; everything, when that was of another epoch. */
  since(heard: HealthMark | undefined): HealthState {
    const seq = heard?.epoch === this.#epoch ? heard.seq : 0
    const news = [...this.#models].filter(([, model]) => model.seq > seq).map(([key, { health }]) => [key, health])
    return Object.fromEntries(news)
  }
}
