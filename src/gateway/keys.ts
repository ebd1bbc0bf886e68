/**
 * Which of a provider's keys is used: the one that worked last, until it fails in a way that another key might not. And
 * until when a key must not ask a model, because the provider asked for that: one operation learns it for the next.
 */
import type { Clock } from "../lib/clock.ts"
import type { CompiledModel } from "../routing/compiled.ts"

/** Keys are known by their index. */
export interface KeyRing {
  /** The key to ask `model` with: the current one, unless it has to wait; of those that all have to wait, the first to be free. */
  choose(model: CompiledModel, count: number): number
  /** From when on some key may ask `model`, milliseconds since the epoch; 0 when one may now. */
  readyAtMs(model: CompiledModel, count: number): number
  /** The provider asked that this key leave `model` alone until then. */
  rest(model: CompiledModel, index: number, untilMs: number): void
  /** The key at `index` failed: the next one is used from now on, unless somebody moved on already. */
  rotate(provider: string, index: number, count: number): void
}

export function keyRing(clock: Clock): KeyRing {
  const current = new Map<string, number>()
  /** By model and key. Providers limit models apart. */
  const rests = new Map<string, Map<number, number>>()
  const restUntilMs = (model: CompiledModel, index: number) => rests.get(model.key)?.get(index) ?? 0
  const choose: KeyRing["choose"] = (model, count) => {
    const first = (current.get(model.provider) ?? 0) % Math.max(count, 1)
    if (restUntilMs(model, first) <= clock.nowMs()) return first
    let chosen = first
    for (let step = 1; step < count; step += 1) {
      const index = (first + step) % count
      if (restUntilMs(model, index) <= clock.nowMs()) return index
      if (restUntilMs(model, index) < restUntilMs(model, chosen)) chosen = index
    }
    return chosen
  }
  return {
    choose,
    readyAtMs(model, count) {
      if (!rests.has(model.key)) return 0
      const untilMs = restUntilMs(model, choose(model, count))
      return untilMs > clock.nowMs() ? untilMs : 0
    },
    rest(model, index, untilMs) {
      const known = rests.get(model.key) ?? new Map<number, number>()
      rests.set(model.key, known.set(index, Math.max(untilMs, known.get(index) ?? 0)))
    },
    rotate(provider, index, count) {
      if ((current.get(provider) ?? 0) === index) current.set(provider, (index + 1) % count)
    },
  }
}
