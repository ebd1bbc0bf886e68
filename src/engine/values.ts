/**
 * What closures see: an object per scope whose members are read from the log when they are first touched, so that a run
 * of thousands of steps never has all its outputs in memory.
 *
 * A value that lives in the blob store cannot be read synchronously. Its getter throws `MissingValue`; `evaluate` loads it
 * and calls the closure again. That is why closures must be pure.
 */

import type { Values } from "../graph/node.ts"
import { untilAborted } from "../lib/abort.ts"
import { WaybillError } from "../lib/errors.ts"
import { toJson } from "../lib/json.ts"
import type { RunEvent, Stored } from "../run/event.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { hasStoredParts, internalize, wholeBytes } from "../store/values.ts"
import type { RunLog } from "./run-log.ts"
import { ValueCache } from "./value-cache.ts"

/** Thrown by a getter whose value must be loaded first. Never leaves `evaluate`. */
class MissingValue extends Error {
  readonly seq: number

  constructor(seq: number) {
    super("This value is being loaded; closures of steps must be pure, so do not catch this.")
    this.seq = seq
  }
}

export class RunValues {
  readonly #log: RunLog
  readonly #blobs: BlobStore
  readonly #cache = new ValueCache()
  /** Values that closures under evaluation asked for, with the number of those closures: they must not fall out of memory. */
  readonly #pinned = new Map<number, { readonly value: unknown; count: number }>()

  constructor(log: RunLog, blobs: BlobStore) {
    this.#log = log
    this.#blobs = blobs
  }

  /** The values of a workflow's body. */
  root(): Values {
    const values = Object.create(new Proxy({}, { get: unknownName }))
    defineLazy(values, "input", () => this.#read(1))
    return values
  }

  /** The values of a scope inside a step: all that is outside, and `locals`. */
  inner(outer: Values, locals: Values = {}): Values {
    const values = Object.create(outer)
    for (const [name, value] of Object.entries(locals)) defineLazy(values, name, () => value)
    return values
  }

  /** Makes the output of the step at `path` visible in `values` under `name`; a skipped step's is undefined. */
  bind(values: Values, name: string, path: string): void {
    defineLazy(values, name, () => {
      const seq = this.#log.step(path)?.outputSeq
      return seq === undefined ? undefined : this.#read(seq)
    })
  }

  /**
   * Calls `closure` with `values`, loading what it touches. The closure may be called several times. One that gives a promise
   * is waited for until `signal` aborts: an author's promise may never settle.
   */
  async evaluate<Result>(
    closure: (values: Values) => Result,
    values: Values,
    signal?: AbortSignal,
  ): Promise<Awaited<Result>> {
    const pinned: number[] = []
    try {
      for (;;) {
        try {
          const result = closure(values)
          return await (signal && result instanceof Promise ? untilAborted(result, signal) : result)
        } catch (thrown) {
          if (!(thrown instanceof MissingValue)) throw thrown
          this.#pin(thrown.seq, await this.load(thrown.seq))
          pinned.push(thrown.seq)
        }
      }
    } finally {
      for (const seq of pinned) this.#unpin(seq)
    }
  }

  /** The value that event `seq` holds, as the log holds it. */
  stored(seq: number): Stored {
    return storedValue(this.#log.store.get(seq))
  }

  /** The value that event `seq` holds, whole. */
  async load(seq: number, blobs = this.#blobs): Promise<unknown> {
    const cached = this.#cache.get(seq)
    if (cached) return cached.value
    const stored = this.stored(seq)
    const value = deepFreeze(await internalize(stored, blobs))
    this.#cache.keep(seq, value, wholeBytes(stored))
    return value
  }

  #read(seq: number): unknown {
    const pinned = this.#pinned.get(seq)
    if (pinned) return pinned.value
    const cached = this.#cache.get(seq)
    if (cached) return cached.value
    const stored = this.stored(seq)
    if (hasStoredParts(stored)) throw new MissingValue(seq)
    this.#cache.keep(seq, deepFreeze(stored), JSON.stringify(stored).length)
    return stored
  }

  /** A closure that reads more than the cache holds would otherwise push out one value with the other for ever. */
  #pin(seq: number, value: unknown): void {
    const pinned = this.#pinned.get(seq)
    if (pinned) pinned.count += 1
    else this.#pinned.set(seq, { value, count: 1 })
  }

  #unpin(seq: number): void {
    const pinned = this.#pinned.get(seq)
    if (!pinned) return
    pinned.count -= 1
    if (pinned.count === 0) this.#pinned.delete(seq)
  }
}

/** The value inside an event that holds one: the run's input, a step's output, an edited input, a signal's payload, a child's end. */
function storedValue(event: RunEvent | undefined): Stored {
  switch (event?.type) {
    case "run.created":
      return event.data.input
    case "step.started":
      return event.data.input ?? null
    case "step.completed":
    case "run.completed":
      return event.data.output
    case "step.resolved":
      if (event.data.action === "complete") return event.data.output
      break
    case "step.edited":
      return event.data.output ?? event.data.input ?? null
    case "signal.received":
      return event.data.payload
    case "child.ended":
      return toJson(event.data)
  }
  throw new Error(`Broken invariant: event ${event?.seq} (${event?.type}) holds no value`)
}

function defineLazy(target: object, name: string, get: () => unknown): void {
  Object.defineProperty(target, name, { get, enumerable: true, configurable: true })
}

/** Stands behind all values: a name that nothing before it has was misspelt, or read in a step before its own. */
function unknownName(_target: object, name: string | symbol): undefined {
  // `then` and `toJSON` are asked for by the language, whatever the object.
  if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined
  throw new WaybillError("unknown_reference", `Found the name "${name}", which no step before this one has.`)
}

/** Outputs are shared by every closure that reads them: one that changes its argument must fail, not spoil the others. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
