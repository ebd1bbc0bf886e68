/** From what a step kind says of a step to a frozen, digested node; the run-time checks of a graph live here. */
import { sha256 } from "../lib/digest.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson, isJsonObject, type JsonObject, toJson } from "../lib/json.ts"
import { MAX_DEPTH, MAX_GRAPH_STEPS } from "../lib/limits.ts"
import type { Scope, StepNode, StepOptions } from "./node.ts"

/** What a step kind makes of the arguments of its builder method. */
export interface Draft {
  readonly config: unknown
  readonly options: StepOptions
  readonly scopes?: Readonly<Record<string, Scope>>
  readonly outputSchema?: JsonObject
  readonly routeAs?: StepNode["routeAs"]
  /** Plain JSON; closures go in as `sourceDigest`s, so that a change of code shows. */
  readonly summary?: JsonObject
}

/** Names that closures use for something else. */
export const RESERVED_NAMES = new Set([
  "input",
  "item",
  "index",
  "iteration",
  "previous",
  "case",
  "output",
  "then",
  "toJSON",
])

/** Twelve hex characters that change when the closure's source text does. */
export function sourceDigest(closure: unknown): string {
  return sha256(String(closure)).slice(0, 12)
}

/** The node of a step; those that a step makes inside itself at run time are made here too. Throws `graph_invalid`. */
export function makeNode(kind: string, name: string, draft: Draft, path: string): StepNode {
  checkName(name, path)
  const summary = { ...draft.summary, ...optionsSummary(draft.options) }
  const outputSchema = draft.outputSchema
  const shape = sha256(canonicalJson({ kind, outputSchema })).slice(0, 16)
  const scopes = draft.scopes ?? {}
  const digest = sha256(
    canonicalJson({ shape, summary, scopes: Object.entries(scopes).map(([key, scope]) => [key, scopeDigest(scope)]) }),
  )
  return Object.freeze({
    name,
    kind,
    config: draft.config,
    options: Object.freeze(draft.options),
    scopes: Object.freeze(scopes),
    ...(outputSchema ? { outputSchema } : {}),
    ...(draft.routeAs ? { routeAs: draft.routeAs } : {}),
    summary,
    shape,
    digest: digest.slice(0, 16),
  })
}

/** Freezes a sequence of steps, which is undefined when a callback forgot to return it. */
export function compileScope(steps: readonly StepNode[] | undefined, output: Scope["output"], path: string): Scope {
  if (!steps)
    throw invalid(
      path,
      "the scope's callback did not return the builder it was given",
      "Return the builder: (g) => g.tool(...).",
    )
  return Object.freeze({ steps: Object.freeze([...steps]), ...(output ? { output } : {}) })
}

export function scopeDigest(scope: Scope): string {
  const output = scope.output ? sourceDigest(scope.output) : null
  return sha256(canonicalJson([scope.steps.map((step) => [step.name, step.digest]), output])).slice(0, 16)
}

/** Refuses a graph over the limits. */
export function checkSize(scope: Scope, path: string): void {
  let count = 0
  const visit = (current: Scope, depth: number): void => {
    if (depth > MAX_DEPTH)
      throw invalid(path, `found scopes nested deeper than ${MAX_DEPTH}`, "Move the inner steps to a child workflow.")
    for (const step of current.steps) {
      count += 1
      for (const inner of Object.values(step.scopes)) visit(inner, depth + 1)
    }
  }
  visit(scope, 1)
  if (count > MAX_GRAPH_STEPS)
    throw invalid(
      path,
      `found ${count} steps, expected at most ${MAX_GRAPH_STEPS}`,
      "Use map or loop for repeated work.",
    )
}

/** A `graph_invalid` error: what was found and what to do, at `path`. */
export function invalid(path: string, found: string, remedy: string): WaybillError {
  return new WaybillError("graph_invalid", `${path}: ${found}. ${remedy}`, { path })
}

function checkName(name: unknown, path: string): void {
  if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name))
    throw invalid(
      path,
      `found the step name ${JSON.stringify(name)}`,
      "Use a letter, then up to 63 letters, digits, - or _.",
    )
  if (RESERVED_NAMES.has(name))
    throw invalid(path, `found the step name "${name}", which is reserved`, "Choose another name.")
}

function optionsSummary(options: StepOptions): JsonObject {
  const { when, ...rest } = options
  const plain = toJson(rest, "options")
  return { ...(isJsonObject(plain) ? plain : {}), ...(when ? { when: sourceDigest(when) } : {}) }
}
