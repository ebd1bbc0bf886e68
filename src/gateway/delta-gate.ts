/**
 * Lets the pieces of one attempt at a time through to the subscriber. Whoever speaks first has the floor; what another
 * attempt says meanwhile is kept for the case that it wins. A subscriber that throws is not called again: it must not
 * disturb the step.
 */
import type { OperationOptions } from "../model/client.ts"

export interface DeltaSource {
  push(text: string): void
  /** This attempt's answer is the answer; `text` is all of it. */
  won(text: string): void
  failed(): void
}

export class DeltaGate {
  readonly #emit: OperationOptions["onDelta"]
  #holder: DeltaSource | undefined
  /** Something was handed over since the last reset. */
  #dirty = false
  #delivered = false
  #broken = false

  constructor(onDelta: OperationOptions["onDelta"]) {
    this.#emit = onDelta
  }

  get wanted(): boolean {
    return this.#emit !== undefined
  }

  /** Whether the subscriber was ever handed a piece. */
  get delivered(): boolean {
    return this.#delivered
  }

  source(): DeltaSource {
    const source: DeltaSource = {
      push: (text) => {
        if (text === "") return
        if (!this.#holder) {
          this.#reset()
          this.#holder = source
        }
        if (this.#holder === source) this.#send(text)
      },
      won: (text) => {
        if (this.#holder === source) return
        this.#reset()
        this.#holder = source
        if (text !== "") this.#send(text)
      },
      failed: () => {
        if (this.#holder === source) this.#holder = undefined
      },
    }
    return source
  }

  #reset(): void {
    if (this.#dirty) this.#call({ type: "reset" })
    this.#dirty = false
  }

  #send(text: string): void {
    this.#dirty = true
    this.#delivered = true
    this.#call({ type: "text", text })
  }

  #call(delta: Parameters<NonNullable<OperationOptions["onDelta"]>>[0]): void {
    if (this.#broken) return
    try {
      this.#emit?.(delta)
    } catch {
      this.#broken = true
    }
  }
}
