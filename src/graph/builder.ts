/**
 * The fluent builder that authors write workflows with. Every call adds one named step and returns a new builder whose
 * type knows the step's output, so a misspelt step or a wrong argument does not compile.
 *
 * The builder knows no kind of step: each kind adds its own method by declaring it on `StepMethods` (TypeScript's
 * declaration merging) and by being handed to `createWorkflowFactory`.
 */
import { compileScope, type Draft, invalid, makeNode } from "./compile.ts"
import type { Scope, StepNode, StepOptions } from "./node.ts"
import { checkOptions, makeWorkflow, type Workflow, type WorkflowOptions } from "./workflow.ts"

/** Carries a scope's result in its type; there is nothing under this key at run time. */
export declare const RESULT: unique symbol
declare const SCOPE: unique symbol

/** The outputs of a scope that has no step yet. */
export type NoSteps = Record<never, never>

export type Level = "workflow" | "scope"

/**
 * The methods that step kinds add. `Outer` is what the scope sees from outside, `Local` the outputs of its own steps so
 * far, `At` whether this is a workflow's body or a scope inside a step.
 */
export interface StepMethods<Outer, Local, At extends Level> {
  /** Keeps the parameters in use before any kind is merged in; there is nothing under this key at run time. */
  readonly [SCOPE]?: [Outer, Local, At]
}

export interface Builder<Outer, Local, At extends Level> extends StepMethods<Outer, Local, At> {
  readonly [RESULT]?: Local
  /** Ends the scope: what it gives is what `select` makes of its values. */
  output<Output>(
    select: (values: Outer & Local) => Output,
  ): At extends "workflow"
    ? Workflow<Outer extends { readonly input: infer Input } ? Input : never, Output>
    : Finished<Output>
}

/** A scope closed with `.output`. */
export interface Finished<Output> {
  readonly [RESULT]?: Output
}

/** What a scope callback may return: the builder as it stands, or a finished scope. */
export interface AnyScope {
  readonly [RESULT]?: unknown
}

export type ScopeResult<Ended extends AnyScope> = Ended extends { readonly [RESULT]?: infer Result }
  ? Exclude<Result, undefined>
  : never

/** The builder after a step. */
export type Next<Outer, Local, At extends Level, Name extends string, Output> = Builder<
  Outer,
  Local & { readonly [Key in Name]: Output },
  At
>

/** A name that is still free; for a taken one, a type that no string has and whose text is the error shown. */
export type FreshName<Name extends string, Taken> = Name extends keyof Taken
  ? `a step named "${Name}" exists already`
  : Name

/**
 * What a step with an optional `when` gives. `When` is what its `when` may return: without one it is `true`, and the
 * output is always there; otherwise it may be undefined.
 */
export type Maybe<Output, When extends boolean> = [When] extends [true] ? Output : Output | undefined

/** The options of a step whose closures see `Seen`. */
export interface Options<Seen, When extends boolean> extends Omit<StepOptions, "when"> {
  /** The step is skipped, and its output undefined, when this returns false. */
  readonly when?: (values: Seen) => When
}

/** The options of a step that only holds others: what fails in it is tried again where it fails, and nowhere else. */
export type HolderOptions<Seen, When extends boolean> = Omit<Options<Seen, When>, "retry" | "route">

/** What a scope inside a step sees: all that is outside, and `Locals`, which hide outer values of the same name. */
export type Inside<Seen, Locals> = Omit<Seen, keyof Locals> & Locals

/** What a step kind gives the builder: its name, and how to make a node of the arguments of its method. */
export interface StepDefiner {
  readonly kind: string
  define(name: string, args: readonly unknown[], scopeOf: ScopeOf): Draft
}

/** Builds the scope that an author's callback describes. */
export type ScopeOf = (callback: unknown, path: string) => Scope

/**
 * The `workflow` function for a set of step kinds. Throws `graph_invalid`, with the path, for whatever the types could
 * not catch: a duplicate or malformed name, a wrong config, a graph over the limits.
 */
export function createWorkflowFactory(kinds: readonly StepDefiner[]) {
  return function workflow<Input, Given>(
    name: string,
    options: WorkflowOptions<Input, Given>,
  ): Builder<{ readonly input: Input }, NoSteps, "workflow"> {
    checkOptions(name, options)
    const finish = (scope: Scope) => makeWorkflow(name, options, scope)
    const open = openBuilder({ kinds, path: name, outer: new Set(), finish }, [])
    return open as Builder<{ readonly input: Input }, NoSteps, "workflow">
  }
}

/** Where a scope stands: its path, the names of the steps outside it, and what becomes of it when it is complete. */
interface Place {
  readonly kinds: readonly StepDefiner[]
  readonly path: string
  readonly outer: ReadonlySet<string>
  readonly finish: (scope: Scope) => unknown
}

/** The steps so far, carried by the run-time builder under a key that is no step kind's name. */
const STEPS = Symbol("steps")

type RuntimeBuilder = { readonly [STEPS]: readonly StepNode[] }

function openBuilder(place: Place, steps: readonly StepNode[]): object {
  const { kinds, path, outer, finish } = place
  const seen = new Set([...outer, ...steps.map((step) => step.name)])
  const methods: Record<string, unknown> = {}
  for (const kind of kinds) {
    methods[kind.kind] = (name: string, ...args: unknown[]) => {
      const at = `${path}.${name}`
      if (seen.has(name))
        throw invalid(
          at,
          `found a second step named "${name}" where the first can be seen`,
          "Give it a name of its own.",
        )
      const scopeOf: ScopeOf = (callback, key) => scopeFrom({ ...place, path: `${at}.${key}`, outer: seen }, callback)
      return openBuilder(place, [...steps, makeNode(kind.kind, name, kind.define(name, args, scopeOf), at)])
    }
  }
  return {
    ...methods,
    [STEPS]: steps,
    output: (select: Scope["output"]) => finish(compileScope(steps, selector(select, path), path)),
  }
}

function selector(select: unknown, path: string): Scope["output"] {
  if (typeof select === "function") return select as NonNullable<Scope["output"]>
  throw invalid(`${path}.output`, `found ${select === null ? "null" : typeof select}`, "Give a function of the values.")
}

function scopeFrom(place: Place, callback: unknown): Scope {
  const open = openBuilder({ ...place, finish: (scope) => scope }, [])
  const ended: unknown = typeof callback === "function" ? callback(open) : undefined
  if (isBuilder(ended)) return compileScope(ended[STEPS], undefined, place.path)
  return compileScope(isScope(ended) ? ended.steps : undefined, isScope(ended) ? ended.output : undefined, place.path)
}

function isBuilder(value: unknown): value is RuntimeBuilder {
  return typeof value === "object" && value !== null && STEPS in value
}

function isScope(value: unknown): value is Scope {
  return typeof value === "object" && value !== null && "steps" in value && Array.isArray(value.steps)
}
