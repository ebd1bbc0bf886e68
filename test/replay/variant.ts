/** Workflows in which one step is changed, as an author would change it: its prompt, its schema, its tool, its condition. */
import type { Workflow } from "waybill"
import { z } from "zod"
import { makeNode } from "../../src/graph/compile.ts"
import type { Scope, StepNode, Values } from "../../src/graph/node.ts"
import { jsonSchema } from "../../src/graph/schema.ts"
import type { Tool } from "../../src/graph/tool.ts"

type Config = Readonly<Record<string, unknown>>

/** What a step's node becomes; undefined: the change is none for it. */
export type Change = (
  node: StepNode,
  config: Config,
) => Partial<Pick<StepNode, "config" | "options" | "outputSchema">> | undefined

/** A variant of `workflow` for every step that `change` changes, by the step's place in the graph, such as `outcome.refund.pay`. */
export function variants(workflow: Workflow, change: Change): ReadonlyMap<string, Workflow> {
  const found = new Map<string, Workflow>()
  for (const [place, scope] of scopesWith(workflow.scope, change, ""))
    found.set(place, { ...workflow, scope, digest: "changed" })
  return found
}

function* scopesWith(scope: Scope, change: Change, prefix: string): Generator<readonly [string, Scope]> {
  for (const [index, node] of scope.steps.entries()) {
    const withNode = (changed: StepNode): Scope => ({ ...scope, steps: scope.steps.with(index, changed) })
    const place = `${prefix}${node.name}`
    const changed = change(node, node.config as Config)
    if (changed) yield [place, withNode(rebuilt({ ...node, ...changed }))]
    for (const [key, inner] of Object.entries(node.scopes))
      for (const [at, other] of scopesWith(inner, change, `${place}.${key}.`))
        yield [at, withNode(rebuilt({ ...node, scopes: { ...node.scopes, [key]: other } }))]
  }
}

function rebuilt({ kind, name, ...node }: StepNode): StepNode {
  return makeNode(kind, name, { ...node, summary: { ...node.summary, changed: true } }, name)
}

/** Adds to what the step asks a model. */
export const otherPrompt: Change = (_node, config) => {
  const key = ["prompt", "text"].find((one) => one in config)
  if (key === undefined) return undefined
  const before = config[key]
  const asked = (values: Values): unknown => (typeof before === "function" ? before(values) : before)
  return { config: { ...config, [key]: (values: Values) => added(asked(values)) } }
}

function added(asked: unknown): unknown {
  if (typeof asked === "string") return `${asked} Be kind.`
  if (Array.isArray(asked)) return asked.map(added)
  return Object.fromEntries(Object.entries(asked as Config).map(([key, text]) => [key, added(text)]))
}

/** Says more of the answer that the step asks a model for. */
export const otherSchema: Change = (_node, config) => {
  if (!("output" in config) || !(config.output instanceof z.ZodType)) return undefined
  const output = config.output.describe("Said with care.")
  return { config: { ...config, output }, outputSchema: jsonSchema(output) }
}

export const otherTool: Change = ({ kind }, config) => {
  if (kind !== "tool") return undefined
  const tool = config.tool as Tool
  return { config: { ...config, tool: { ...tool, name: `${tool.name}_v2` } } }
}

/** Goes the next way than the one that it went. */
export const otherWay: Change = ({ kind }, config) => {
  if (kind !== "branch") return undefined
  const { select, cases } = config as { select: (values: Values) => string; cases: readonly string[] }
  const next = (way: string) => cases[(cases.indexOf(way) + 1) % cases.length]
  return { config: { ...config, select: (values: Values) => next(select(values)) } }
}

const ASKING = new Set(["generate", "plan", "vision", "classify", "moderate"])

export const otherRoute: Change = ({ kind, options }) =>
  ASKING.has(kind) ? { options: { ...options, route: "elsewhere" } } : undefined
