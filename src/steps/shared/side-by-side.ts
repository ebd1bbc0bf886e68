/** What the kinds that run scopes side by side share: their options, and how results are given under each. */
import { z } from "zod"
import type { ErrorData } from "../../lib/errors.ts"
import { MAX_CONCURRENT_STEPS } from "../../lib/limits.ts"
import type { Settled } from "../step-kind.ts"

export const concurrency = z.int().min(1).max(MAX_CONCURRENT_STEPS)

export const onError = z.enum(["fail-fast", "collect"])

/** What became of one scope under `onError: "collect"`. */
export type Collected<Result> =
  | { readonly status: "completed"; readonly output: Result }
  | { readonly status: "failed"; readonly error: ErrorData }

/** The results as the step gives them. A scope that gave nothing gave null: lists of JSON have no holes. */
export function resultsOf(settled: readonly Settled[], how: "fail-fast" | "collect"): unknown[] {
  return settled.map((one) => {
    if (one.status === "failed") return one
    const output = one.output ?? null
    return how === "collect" ? { status: "completed", output } : output
  })
}
