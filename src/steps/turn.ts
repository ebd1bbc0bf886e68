/**
 * `turn`: one question of an agent to its model. Authors do not write it; an agent makes one for each of its turns, so that
 * each is a step of the log with its own input, attempts, decision and cost.
 */
import type { GenerateOperation } from "../model/operation.ts"
import type { Turn, TurnConfig } from "./shared/turn.ts"
import { defineInnerKind } from "./step-kind.ts"

export const turn = defineInnerKind<TurnConfig, GenerateOperation>({
  kind: "turn",
  asks: "generate",
  resolve: (own) => own.operation(),
  async execute(_own, operation, context): Promise<Turn> {
    const { type: _type, ...answer } = await context.operate(operation)
    return answer
  },
})
