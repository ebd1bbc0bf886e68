/**
 * The contract of a step kind: how authors write it, how its closures become an input, and what it does.
 * One kind per file; kinds never import each other, and adding one is a new file and an entry in `index.ts`.
 *
 * The engine drives every kind the same way: `resolve` (pure, may run again) gives the input, the input is logged,
 * `execute` acts and gives the output, the output is logged. After a crash `execute` gets the logged input again.
 */

import type { ScopeOf, StepDefiner } from "../graph/builder.ts"
import type { Draft } from "../graph/compile.ts"
import type { RetryPolicy, Scope, StepNode, Values } from "../graph/node.ts"
import type { Schema } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import type { Workflow } from "../graph/workflow.ts"
import type { Duration } from "../lib/duration.ts"
import type { ErrorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { Operation } from "../model/operation.ts"
import type { ResultOf } from "../model/result.ts"
import type { Waiting } from "../run/event.ts"

/** How a wait ended: by a signal with what it carried, or because its time was over. */
export type WaitOutcome =
  | { readonly type: "signal"; readonly payload: Json; readonly by?: string; readonly atMs: number }
  | { readonly type: "timeout" }

/** How tasks side by side behave: how many at once, and whether the first failure stops the others. */
export interface AllOptions {
  readonly concurrency: number
  readonly onError: "fail-fast" | "collect"
}

/** What became of one task of `all` under `onError: "collect"`. */
export type Settled =
  | { readonly status: "completed"; readonly output: unknown }
  | { readonly status: "failed"; readonly error: ErrorData }

/** Runs a scope inside a step, under the step's path and `suffix`, and gives its result. */
export type RunScope = (suffix: string, scope: Scope, locals?: Values) => Promise<unknown>

export type ScopeTask = (runScope: RunScope) => Promise<unknown>

export interface ChildRequest {
  readonly workflow: string
  readonly input: Json
  /** Whether the child is left alone when its step is stopped; otherwise it is cancelled then. */
  readonly leave: boolean
}

/** All that a step may touch. Narrow on purpose: a step that needs more is asking for a new kind of context. */
export interface StepContext {
  /** The step's address in the run. */
  readonly path: string
  /** 1-based. */
  readonly attempt: number
  readonly node: StepNode
  /** The values that the step's closures see. */
  readonly values: Values
  /** Aborts on timeout, on cancellation, and when a sibling's failure stops this step. */
  readonly signal: AbortSignal
  /** The same over attempts, crashes and resumes. */
  readonly idempotencyKey: string
  readonly secrets: Readonly<Record<string, string | undefined>>
  readonly fetch: typeof fetch
  nowMs(): number
  /** Asks the gateway. What was paid for by an attempt that a crash cut off is answered from the log. Throws the operation's error. */
  operate<Asked extends Operation>(operation: Asked): Promise<ResultOf<Asked["type"]>>
  /** Waits without holding the run in memory, until a signal for this step or until `untilMs`. */
  wait(waiting: Waiting): Promise<WaitOutcome>
  readonly runScope: RunScope
  /** Runs tasks side by side; results in the order of the tasks. Scopes run through the `runScope` that a task is handed stop with their group. */
  all(tasks: readonly ScopeTask[], options: AllOptions): Promise<readonly Settled[]>
  /** Evaluates an author's closure on the step's values, and on `locals` of its own; large values that it reads are loaded first, so it may be called again. */
  evaluate<Result>(closure: (values: Values) => Result, locals?: Values): Promise<Awaited<Result>>
  /** Starts the child run of this attempt, or finds the one that a crash cut it off from, and returns its id. */
  startChild(request: ChildRequest): Promise<string>
}

/** What a kind's file gives: everything typed by its own config and input. */
export interface StepKindSpec<Config, Input> {
  readonly kind: string
  /** True for a step that only holds other steps: it is never interrupted, its inner steps are. */
  readonly composite?: boolean
  /**
   * The type of operation that the step, or a step that it makes, asks of models: then the gateway alone tries again, unless
   * the author gives the step a retry policy.
   */
  readonly asks?: Operation["type"]
  /** What a step with this input asks of models. Default: its input is the operation. */
  operation?(input: Input): Operation
  resolve(config: Config, values: Values, facts: { readonly nowMs: number }): Input
  execute(config: Config, input: Input, context: StepContext): Promise<unknown>
  /** The tool that the step calls. Its effect decides what happens after a crash; a step that calls none is a `read`. */
  tool?(config: Config): Tool
  /**
   * What an input that a person gives in the place of the closures' must fit. Default: of a kind that calls a tool, what the
   * tool takes; of one that asks models, the operation; of any other, there is no input to give.
   */
  input?(config: Config): Schema
  /** The tools that the step may call, when it calls any by itself or through steps that it makes. Default: `tool`. */
  tools?(config: Config): readonly Tool[]
  /** What an output that a person gives in the step's place must fit. Default: anything. */
  output?(config: Config): Schema | undefined
  /** The signal that the step takes, when its name is known by the graph, and the schema of what it carries. */
  takes?(config: Config): { readonly signal?: string | undefined; readonly schema?: Schema | undefined }
  /** The node that the step, which is `node`, makes at run time and that runs at `inside`, such as `[2].search`, under its path. */
  nodeInside?(config: Config, inside: string, node: StepNode): StepNode | undefined
  /** The workflow whose runs the step starts, each as a child of its own run. */
  starts?(config: Config): Workflow
  /** How often it is tried when the author does not say. Default: once. */
  retry?(config: Config): RetryPolicy
  /** Of one attempt, when the author does not say. Default: none. */
  timeout?(config: Config): Duration | undefined
}

/** A step kind as the engine and the builder hold it, whatever its config is. */
export interface StepKind extends StepKindSpec<unknown, unknown> {}

/** A kind that authors write: the builder has a method of its name, and `define` reads the arguments. */
export interface AuthoredKindSpec<Config, Input> extends StepKindSpec<Config, Input> {
  define(name: string, args: readonly unknown[], scopeOf: ScopeOf): Draft
}

/**
 * Closes a kind over its types, so that all kinds fit one table. The cast is sound because a node's config is only ever
 * made by the `define` of its own kind, and its input by the `resolve` of its own kind or by an earlier version of it.
 */
export function defineStepKind<Config, Input>(spec: AuthoredKindSpec<Config, Input>): StepKind & StepDefiner {
  return spec as unknown as StepKind & StepDefiner
}

/** As `defineStepKind`, for a kind that only other steps make, at run time. */
export function defineInnerKind<Config, Input>(spec: StepKindSpec<Config, Input>): StepKind {
  return spec as unknown as StepKind
}
