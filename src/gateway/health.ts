/**
 * The health of each provider and model: a breaker, and how quick it was of late. A breaker opens after so many failures
 * in a row; after a cooldown it lets one probe through at a time; a probe that succeeds closes it, one that fails opens it
 * again. Invariant: `HealthState` is plain JSON and `mergeHealth` is commutative, associative and idempotent, so that isolates
 * can exchange it through an object in any order.
 */
import type { Clock } from "../lib/clock.ts"
import type { CompiledRouting } from "../routing/compiled.ts"

export interface ModelHealth {
  /** Failures in a row. */
  readonly failures: number
  /** Calls go through only as probes while this is set, and none before this time. Milliseconds since the epoch. */
  readonly openUntilMs?: number
  /** Moving average of the time to a complete answer. */
  readonly latencyMs?: number
  readonly changedAtMs: number
}

/** By `"<provider>/<model>"`. */
export type HealthState = Readonly<Record<string, ModelHealth>>

export interface Health {
  /** What is known of a model, or undefined. `openUntilMs` is given only while no call may go through. */
  of(key: string): { readonly openUntilMs?: number; readonly latencyMs?: number }
  /**
   * Asks to begin a call. False: the breaker is open, or somebody else's probe is under way. When the breaker waits for
   * a probe this call is it, and nobody else gets through until it ends or `withinMs` have passed.
   */
  begin(key: string, withinMs: number): boolean
  succeeded(key: string, latencyMs: number): void
  /** It failed us, but not because it is ill: it answered. */
  answered(key: string): void
  failed(key: string, breaker: CompiledRouting["breaker"]): void
  /** The call ended without showing how the model is: if it was the probe, the next call may be. */
  abandoned(key: string): void
  snapshot(): HealthState
  merge(other: HealthState): void
}

/** Weight of the newest answer in the average. */
const NEWEST = 0.2

/** Health kept in this isolate's memory. */
export function memoryHealth(clock: Clock, initial: HealthState = {}): Health {
  const models = new Map(Object.entries(initial))
  /** Until when each probe of this isolate has the model to itself. */
  const probes = new Map<string, number>()
  const change = (key: string, next: Omit<ModelHealth, "changedAtMs">) =>
    models.set(key, { ...next, changedAtMs: clock.nowMs() })
  return {
    of(key) {
      const health = models.get(key)
      const open = health?.openUntilMs !== undefined && health.openUntilMs > clock.nowMs()
      return {
        ...(open ? { openUntilMs: health.openUntilMs } : {}),
        ...(health?.latencyMs === undefined ? {} : { latencyMs: Math.round(health.latencyMs) }),
      }
    },
    begin(key, withinMs) {
      const health = models.get(key)
      if (health?.openUntilMs === undefined) return true
      if (health.openUntilMs > clock.nowMs()) return false
      probes.set(key, clock.nowMs() + withinMs)
      change(key, { ...health, openUntilMs: clock.nowMs() + withinMs })
      return true
    },
    abandoned(key) {
      const health = models.get(key)
      const untilMs = probes.get(key)
      probes.delete(key)
      if (health?.openUntilMs !== undefined && health.openUntilMs === untilMs)
        change(key, { ...health, openUntilMs: clock.nowMs() })
    },
    succeeded(key, latencyMs) {
      const before = models.get(key)?.latencyMs ?? latencyMs
      change(key, { failures: 0, latencyMs: before + NEWEST * (latencyMs - before) })
    },
    answered(key) {
      const latencyMs = models.get(key)?.latencyMs
      if (models.has(key)) change(key, { failures: 0, ...(latencyMs === undefined ? {} : { latencyMs }) })
    },
    failed(key, breaker) {
      const health = models.get(key)
      const failures = (health?.failures ?? 0) + 1
      const opens = failures >= breaker.failures
      change(key, {
        failures,
        ...(opens ? { openUntilMs: clock.nowMs() + breaker.cooldownMs } : {}),
        ...(health?.latencyMs === undefined ? {} : { latencyMs: health.latencyMs }),
      })
    },
    snapshot: () => Object.fromEntries(models),
    merge(other) {
      for (const [key, health] of Object.entries(mergeHealth(Object.fromEntries(models), other)))
        models.set(key, health)
    },
  }
}

/** Per model the later knowledge; of two changes in the same millisecond the worse one. */
export function mergeHealth(left: HealthState, right: HealthState): HealthState {
  const merged = { ...left }
  for (const [key, health] of Object.entries(right)) {
    const mine = merged[key]
    if (!mine || order(health, mine) > 0) merged[key] = health
  }
  return merged
}

function order(left: ModelHealth, right: ModelHealth): number {
  return (
    left.changedAtMs - right.changedAtMs ||
    (left.openUntilMs ?? 0) - (right.openUntilMs ?? 0) ||
    left.failures - right.failures ||
    (left.latencyMs ?? 0) - (right.latencyMs ?? 0)
  )
}
