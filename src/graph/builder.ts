/**
 * The fluent builder that authors write workflows with. Every call adds one named step and returns a new builder whose
 * type knows the step's output, so a misspelt step or a wrong argument does not compile.
 *
 * The builder knows no kind of step: each kind adds its own method by declaring it on `StepMethods` (TypeScript's
 * declaration merging) and by being handed to `createWorkflowFactory`.
 */
import { compileScope, type Draft, makeNode } from "./compile.ts"
import type { Scope, StepNode, StepOptions } from "./node.ts"
import type { Schema } from "./schema.ts"
import { makeWorkflow, type Workflow, type WorkflowOptions } from "./workflow.ts"

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
    const finish = (scope: Scope) => makeWorkflow(name, options, scope)
    return openBuilder(kinds, [], name, finish) as Builder<{ readonly input: Input }, NoSteps, "workflow">
  }
}

/** The steps so far, carried by the run-time builder under a key that is no step kind's name. */
const STEPS = Symbol("steps")

type RuntimeBuilder = { readonly [STEPS]: readonly StepNode[] }

function openBuilder(
  kinds: readonly StepDefiner[],
  steps: readonly StepNode[],
  path: string,
  finish: (scope: Scope) => unknown,
): object {
  const scopeOf: ScopeOf = (callback, at) => scopeFrom(kinds, callback, at)
  const methods: Record<string, unknown> = {}
  for (const kind of kinds) {
    methods[kind.kind] = (name: string, ...args: unknown[]) => {
      const draft = kind.define(name, args, (callback, at) => scopeOf(callback, `${path}.${name}.${at}`))
      return openBuilder(kinds, [...steps, makeNode(kind.kind, name, draft, `${path}.${name}`)], path, finish)
    }
  }
  return {
    ...methods,
    [STEPS]: steps,
    output: (select: Scope["output"]) => finish(compileScope(steps, select, path)),
  }
}

function scopeFrom(kinds: readonly StepDefiner[], callback: unknown, path: string): Scope {
  const identity = (scope: Scope) => scope
  const open = openBuilder(kinds, [], path, identity)
  const ended: unknown = typeof callback === "function" ? callback(open) : undefined
  if (isBuilder(ended)) return compileScope(ended[STEPS], undefined, path)
  return compileScope(isScope(ended) ? ended.steps : undefined, isScope(ended) ? ended.output : undefined, path)
}

function isBuilder(value: unknown): value is RuntimeBuilder {
  return typeof value === "object" && value !== null && STEPS in value
}

function isScope(value: unknown): value is Scope {
  return typeof value === "object" && value !== null && "steps" in value && Array.isArray(value.steps)
}

export type { Schema }
