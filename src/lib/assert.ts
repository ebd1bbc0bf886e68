/**
 * Assertions for programmer errors: states that our own code must never reach.
 * What the world can do wrong (bad input, a failing provider) is never asserted, it is a `WaybillError`.
 */

/** Throws when `condition` is false. `message` may be a function, so that a costly message is made only when needed. */
export function assert(condition: unknown, message: string | (() => string)): asserts condition {
  if (condition) return
  throw new Error(`Broken invariant: ${typeof message === "string" ? message : message()}`)
}

/** The value, when it is neither undefined nor null; throws otherwise. */
export function must<T>(value: T | undefined | null, message: string): T {
  assert(value !== undefined && value !== null, message)
  return value
}

/** Marks the branch that the type checker proved empty. */
export function unreachable(value: never): never {
  throw new Error(`Broken invariant: unexpected value ${JSON.stringify(value)}`)
}
