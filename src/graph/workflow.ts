/** A finished workflow: the frozen graph with what is needed to start a run of it. */

import { z } from "zod"
import { sha256 } from "../lib/digest.ts"
import { type Duration, durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson, type Json, type JsonObject } from "../lib/json.ts"
import { duration, schema } from "./checks.ts"
import { checkSize, scopeDigest } from "./compile.ts"
import type { Scope, StepNode } from "./node.ts"
import { jsonSchema, parseWith, type Schema } from "./schema.ts"

/** `Given` is what callers send, `Input` what the steps see: they differ where a schema transforms (media, defaults). */
export interface WorkflowOptions<Input, Given = Input> {
  /**
   * Counted up by the author, and shown with each run: the version that it began with. It keeps no change from runs under
   * way: they go on with the code that is deployed, and fail with `workflow_changed` where they cannot.
   */
  readonly version: number
  readonly description?: string
  readonly input: z.ZodType<Input, Given>
  /** Checked on the workflow's output, when given. */
  readonly output?: Schema
  /** Named inputs that show the workflow at work; demos, tests and the documentation use them. Checked against `input`. */
  readonly examples?: Readonly<Record<string, NoInfer<Given>>>
  /** Of the whole run, waits included. */
  readonly timeout?: Duration
  /** What a run is meant to spend at most, in US dollars. It is shown with the workflow; no call is refused over it. */
  readonly budgetUsd?: number
  /** Busy runs of this workflow at once per tenant; the rest queue. A run that waits gives its place up, and goes on without asking. */
  readonly concurrency?: number
}

export interface Workflow<Input = unknown, Output = unknown> {
  readonly name: string
  readonly version: number
  readonly description?: string
  readonly input: Schema<Input>
  readonly outputSchema?: Schema
  readonly examples: Readonly<Record<string, unknown>>
  readonly timeoutMs?: number
  readonly budgetUsd?: number
  readonly concurrency?: number
  readonly scope: Scope
  /** The code is not there: this only stands in its place, so that the run can be read and cancelled. */
  readonly missing?: true
  /** Changes with any step, prompt or schema. */
  readonly digest: string
  /** Carries the output's type; absent at run time. */
  readonly outputType?: Output
}

const options = z.strictObject({
  version: z.int().positive(),
  description: z.string().optional(),
  input: schema,
  output: schema.optional(),
  examples: z.record(z.string(), z.unknown()).optional(),
  timeout: duration.optional(),
  budgetUsd: z.number().nonnegative().optional(),
  concurrency: z.int().positive().optional(),
})

/** Refuses a workflow that could not be what its name and options say. Throws `graph_invalid`. */
export function checkOptions(name: string, given: unknown): void {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name))
    throw new WaybillError(
      "graph_invalid",
      `Found the workflow name ${JSON.stringify(name)}, expected lower-case letters, digits and dashes.`,
      { path: String(name) },
    )
  const { input, examples = {} } = parseWith(options, given, "graph_invalid", name)
  for (const [key, example] of Object.entries(examples))
    parseWith(input, example, "graph_invalid", `${name}.examples.${key}`)
}

export function makeWorkflow<Input, Given>(
  name: string,
  options: WorkflowOptions<Input, Given>,
  scope: Scope,
): Workflow<Input> {
  checkSize(scope, name)
  const { version, description, budgetUsd, concurrency } = options
  const shape = { name, version, input: jsonSchema(options.input, "input"), scope: scopeDigest(scope) }
  return Object.freeze({
    name,
    version,
    ...(description === undefined ? {} : { description }),
    input: options.input,
    ...(options.output ? { outputSchema: options.output } : {}),
    examples: options.examples ?? {},
    ...(options.timeout === undefined ? {} : { timeoutMs: durationMs(options.timeout, `${name}.timeout`) }),
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
    ...(concurrency === undefined ? {} : { concurrency }),
    scope,
    digest: sha256(canonicalJson(shape)).slice(0, 16),
  })
}

/** What stands in the place of a workflow whose code is not deployed (any more). */
export function missingWorkflow(name: string): Workflow {
  const scope = Object.freeze({ steps: [] })
  return Object.freeze({ name, version: 0, input: z.unknown(), examples: {}, scope, missing: true, digest: "" })
}

/** The graph as JSON: what `GET /v1/workflows/{name}` serves and the dashboard draws. */
export function workflowJson(workflow: Workflow): JsonObject {
  return {
    name: workflow.name,
    version: workflow.version,
    digest: workflow.digest,
    ...(workflow.description === undefined ? {} : { description: workflow.description }),
    input: jsonSchema(workflow.input, "input"),
    ...(workflow.outputSchema ? { output: jsonSchema(workflow.outputSchema) } : {}),
    examples: JSON.parse(canonicalJson(workflow.examples)),
    steps: scopeJson(workflow.scope),
  }
}

function scopeJson(scope: Scope): Json {
  return scope.steps.map(nodeJson)
}

function nodeJson(node: StepNode): Json {
  const scopes = Object.entries(node.scopes)
  return {
    name: node.name,
    kind: node.kind,
    digest: node.digest,
    ...(node.outputSchema ? { output: node.outputSchema } : {}),
    ...(Object.keys(node.summary).length > 0 ? { options: node.summary } : {}),
    ...(scopes.length > 0 ? { scopes: Object.fromEntries(scopes.map(([key, scope]) => [key, scopeJson(scope)])) } : {}),
  }
}
