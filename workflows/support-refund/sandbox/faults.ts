/**
 * Faults on demand, for tests: the next calls of an endpoint are slow, fail, or lose their answer. Held in memory:
 * a restarted sandbox is healthy.
 */
import { z } from "zod"

export const faultSchema = z.strictObject({
  /** As in `GET /_calls`, such as "POST /v1/refunds". */
  endpoint: z.string(),
  /**
   * - `delay`: waits, then does the work and answers.
   * - `delay-after-write`: does the work, waits, then answers.
   * - `error`: does nothing and answers `status`; no idempotency key is used up.
   * - `drop-after-write`: does the work, then drops the connection: the lost answer.
   */
  mode: z.enum(["delay", "delay-after-write", "error", "drop-after-write"]),
  /** The status of `error`. */
  status: z.int().min(400).max(599).default(500),
  /** The wait of the two delays. */
  delayMs: z.int().min(0).max(600_000).default(1000),
  /** How many calls have the fault. */
  times: z.int().min(1).max(1_000_000).default(1),
})

export type Fault = z.infer<typeof faultSchema>

export class Faults {
  #pending: Fault[] = []

  add(fault: Fault): void {
    this.#pending.push(fault)
  }

  /** The fault that this call of `endpoint` has, if any: the oldest first. */
  take(endpoint: string): Fault | undefined {
    const fault = this.#pending.find((pending) => pending.endpoint === endpoint)
    if (fault === undefined) return undefined
    fault.times -= 1
    if (fault.times === 0) this.#pending = this.#pending.filter((pending) => pending !== fault)
    return fault
  }

  list(): readonly Fault[] {
    return this.#pending
  }

  clear(): void {
    this.#pending = []
  }
}
