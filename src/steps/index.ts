/** The step kinds. A kind that is not listed here does not exist. */
import { approve } from "./approve.ts"
import { branch } from "./branch.ts"
import { classify } from "./classify.ts"
import { code } from "./code.ts"
import { generate } from "./generate.ts"
import { moderate } from "./moderate.ts"
import { plan } from "./plan.ts"
import type { StepKind } from "./step-kind.ts"
import { tool } from "./tool.ts"
import { vision } from "./vision.ts"

export const stepKinds = [approve, branch, classify, code, generate, moderate, plan, tool, vision] as const

/** The kinds by name, as the engine wants them. */
export const kindsByName: Readonly<Record<string, StepKind>> = Object.fromEntries(
  stepKinds.map((kind) => [kind.kind, kind]),
)
