/**
 * What has streamed in of answers that are not finished, for whoever connects in their middle. Nothing durable: an answer
 * that ended is in the log, and one that a crash cut off is void.
 */
import type { RunEvent } from "../run/event.ts"

/** A piece of an answer, as subscribers are sent it. */
export interface Piece {
  readonly path: string
  readonly attempt: number
  readonly text: string
  /** What this attempt of the step had streamed before is void. */
  readonly reset?: true
  /** Characters of the answer before `text` that are not kept any more. */
  readonly omitted?: number
}

interface Draft {
  attempt: number
  text: string
  omitted: number
}

/** Characters kept of one draft, from its end. As many drafts as steps may run at once fit into an object's memory. */
const MAX_DRAFT_CHARS = 64 * 1024

export class Drafts {
  readonly #maxChars: number
  /** By path: a step writes one answer at a time. */
  readonly #drafts = new Map<string, Draft>()

  constructor(maxChars = MAX_DRAFT_CHARS) {
    this.#maxChars = maxChars
  }

  /** Takes a piece. Costs next to nothing: the step that streams waits for nobody. */
  add({ path, attempt, text, reset }: Piece): void {
    const draft = this.#drafts.get(path)
    if (!draft || reset || draft.attempt !== attempt) {
      this.#drafts.set(path, { attempt, text, omitted: 0 })
      return
    }
    draft.text += text
    // Cut rarely, and then by half, so that long answers are not copied again and again.
    if (draft.text.length <= 2 * this.#maxChars) return
    draft.omitted += draft.text.length - this.#maxChars
    draft.text = draft.text.slice(-this.#maxChars)
  }

  /** Forgets what the events finished. */
  settle(events: readonly RunEvent[]): void {
    if (this.#drafts.size === 0) return
    for (const { path } of events) this.#drafts.delete(path)
  }

  /** Each draft whole, as one piece that stands in the place of all that was sent of it. */
  *pieces(): Iterable<Piece> {
    for (const [path, { attempt, text, omitted }] of this.#drafts)
      if (text !== "") yield { path, attempt, text, reset: true, ...(omitted > 0 ? { omitted } : {}) }
  }
}
