/** How long to wait before the same candidate is asked again. */
import type { Random } from "../lib/random.ts"
import type { CompiledRoute } from "../routing/compiled.ts"

/**
 * Full jitter (evenly from zero to `delay × factor^(failed - 1)`, at most `maxDelay`), but never less than the provider
 * asked for. `failed`: failed attempts at this candidate so far, from 1.
 */
export function waitMs(
  backoff: CompiledRoute["backoff"],
  failed: number,
  retryAfterMs: number | undefined,
  random: Random,
): number {
  const ceiling = Math.min(backoff.maxDelayMs, backoff.delayMs * backoff.factor ** (failed - 1))
  return Math.max(retryAfterMs ?? 0, Math.floor(random.next() * ceiling))
}
