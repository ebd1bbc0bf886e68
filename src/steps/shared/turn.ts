/** What an agent asks in one turn, and what its model answers. */
import type { GenerateOperation } from "../../model/operation.ts"
import type { GenerateResult } from "../../model/result.ts"

export interface TurnConfig {
  readonly operation: () => GenerateOperation
}

/** A turn's output: the answer, or the tools that the model calls before it answers. */
export type Turn = Omit<GenerateResult, "type">
