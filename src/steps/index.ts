/** The step kinds. A kind that is not listed here does not exist. */
import { agent } from "./agent.ts"
import { approve } from "./approve.ts"
import { branch } from "./branch.ts"
import { child } from "./child.ts"
import { classify } from "./classify.ts"
import { code } from "./code.ts"
import { embed } from "./embed.ts"
import { generate } from "./generate.ts"
import { loop } from "./loop.ts"
import { map } from "./map.ts"
import { moderate } from "./moderate.ts"
import { parallel } from "./parallel.ts"
import { plan } from "./plan.ts"
import { sleep } from "./sleep.ts"
import type { StepKind } from "./step-kind.ts"
import { tool } from "./tool.ts"
import { transcribe } from "./transcribe.ts"
import { turn } from "./turn.ts"
import { vision } from "./vision.ts"
import { waitFor } from "./wait-for.ts"

/** The kinds that authors write steps of. */
export const stepKinds = [
  agent,
  approve,
  branch,
  child,
  classify,
  code,
  embed,
  generate,
  loop,
  map,
  moderate,
  parallel,
  plan,
  sleep,
  tool,
  transcribe,
  vision,
  waitFor,
] as const

/** Kinds that other steps make inside themselves. */
const innerKinds = [turn]

/** The kinds by name, as the engine wants them. */
export const kindsByName: Readonly<Record<string, StepKind>> = Object.fromEntries(
  [...stepKinds, ...innerKinds].map((kind) => [kind.kind, kind]),
)
