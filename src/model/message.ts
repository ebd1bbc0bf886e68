/**
 * Messages as every provider can be made to understand them. A provider's wiring turns these into its own wire;
 * nothing here is specific to one.
 */
import type { BlobRef } from "../lib/blob-ref.ts"
import type { Json } from "../lib/json.ts"

export interface TextPart {
  readonly type: "text"
  readonly text: string
}

/** An image, PDF or sound, by reference: the gateway loads the bytes when it calls. */
export interface MediaPart {
  readonly type: "media"
  readonly media: BlobRef
}

/** Thinking that a model returned. Its provider wants it back untouched, `metadata` included, on the next turn. */
export interface ReasoningPart {
  readonly type: "reasoning"
  readonly text: string
  readonly metadata?: Json
}

export interface ToolCallPart {
  readonly type: "tool-call"
  readonly id: string
  readonly name: string
  readonly input: Json
  /** The provider's own data about the call (thought signatures), returned to it untouched. */
  readonly metadata?: Json
}

export interface ToolResultPart {
  readonly type: "tool-result"
  readonly id: string
  readonly name: string
  readonly output: Json
  readonly isError?: boolean
}

export type Message =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: readonly (TextPart | MediaPart)[] }
  | { readonly role: "assistant"; readonly content: readonly (TextPart | ReasoningPart | ToolCallPart)[] }
  | { readonly role: "tool"; readonly content: readonly ToolResultPart[] }
