/** One turn of an agent: the question to its model, and the tool calls that the model answers with, each a step. */
import { makeNode } from "../../graph/compile.ts"
import type { StepNode } from "../../graph/node.ts"
import { schemaIssues } from "../../graph/schema.ts"
import type { Tool } from "../../graph/tool.ts"
import type { ErrorData } from "../../lib/errors.ts"
import type { Json } from "../../lib/json.ts"
import type { Message, ToolCallPart, ToolResultPart } from "../../model/message.ts"
import type { GenerateOperation } from "../../model/operation.ts"
import type { ScopeTask, StepContext } from "../step-kind.ts"
import { toolDraft } from "./tool.ts"
import type { Turn, TurnConfig } from "./turn.ts"

/** The name of the step that asks the model; no tool may have it. */
export const TURN = "turn"

/** The model's answer in turn number `turn`, from 0. */
export async function askModel(context: StepContext, turn: number, operation: GenerateOperation): Promise<Turn> {
  const node = turnNode(context.node, { operation: () => operation }, context.path)
  return (await runNode(context.runScope, turn, node)) as Turn
}

/** Calls the tools that `answer` asks for, all at once; gives the messages that tell the model what came of it. */
export async function callTools(
  context: StepContext,
  turn: number,
  answer: Turn,
  tools: readonly Tool[],
): Promise<readonly Message[]> {
  const calls = nameCalls(answer.toolCalls).map((named) => planCall(context, turn, named, tools))
  const tasks = calls.flatMap(({ task }) => task ?? [])
  const settled = tasks.length === 0 ? [] : await context.all(tasks, { concurrency: tasks.length, onError: "collect" })
  const ran = settled.values()
  const results = calls.map(({ call, refused }): ToolResultPart => {
    const about = { type: "tool-result", id: call.id, name: call.name } as const
    if (refused !== undefined) return { ...about, output: refused, isError: true }
    const { value: end } = ran.next()
    if (end?.status === "completed") return { ...about, output: (end.output ?? null) as Json }
    return { ...about, output: problem(end?.error), isError: true }
  })
  return [
    { role: "assistant", content: [...answer.reasoning, ...textPart(answer.text), ...answer.toolCalls] },
    { role: "tool", content: results },
  ]
}

/** The node of the step at `inside` of the step `agent`, such as `[2].search-2`: its second call of `search` in the third turn. */
export function agentNode(
  agent: StepNode,
  { tools, maxTurns }: { readonly tools: readonly Tool[]; readonly maxTurns: number },
  inside: string,
): StepNode | undefined {
  const [, turn, name = ""] = /^\[(\d+)\]\.([^.[]+)$/.exec(inside) ?? []
  if (turn === undefined || Number(turn) >= maxTurns) return undefined
  if (name === TURN) return turnNode(agent, { operation: notAsked }, inside)
  const tool = toolNamed(tools, name) ?? toolNamed(tools, name.replace(/-\d+$/, ""))
  return tool && toolNode(tool, name, null, inside)
}

function notAsked(): never {
  throw new Error("Broken invariant: a turn that was looked up is not executed")
}

/** A turn of `agent`, whose routes and tags it takes. */
function turnNode({ name, kind, options }: StepNode, config: TurnConfig, path: string): StepNode {
  const { route, tags } = options
  const inherited = { ...(route === undefined ? {} : { route }), ...(tags ? { tags } : {}) }
  return makeNode(TURN, TURN, { config, options: inherited, routeAs: { name, kind } }, path)
}

interface NamedCall {
  /** The step's name: the tool's, with a number from the second call of a turn on. */
  readonly name: string
  readonly call: ToolCallPart
}

interface PlannedCall {
  readonly call: ToolCallPart
  readonly task?: ScopeTask
  /** What the model is told when the call cannot be made. */
  readonly refused?: Json
}

function nameCalls(calls: readonly ToolCallPart[]): NamedCall[] {
  const taken = new Set(calls.map(({ name }) => name))
  const used = new Set<string>()
  return calls.map((call) => {
    let name = call.name
    for (let number = 2; used.has(name) || (name !== call.name && taken.has(name)); number += 1)
      name = `${call.name}-${number}`
    used.add(name)
    return { name, call }
  })
}

/** Arguments that the tool's schema refuses, and tools that do not exist, are the model's mistakes: it is told, and may mend them. */
function planCall(context: StepContext, turn: number, { name, call }: NamedCall, tools: readonly Tool[]): PlannedCall {
  const tool = toolNamed(tools, call.name)
  if (!tool) {
    const known = tools.map((one) => one.name).join(", ")
    return { call, refused: { error: `There is no tool "${call.name}". The tools are: ${known || "none"}.` } }
  }
  const parsed = tool.input.safeParse(call.input)
  if (!parsed.success) {
    const issues = schemaIssues(parsed.error, call.name).map(({ path, message }) => ({ path, message }))
    return { call, refused: { error: "The arguments do not fit the tool's schema.", issues } }
  }
  const node = toolNode(tool, name, call.input, context.path)
  return { call, task: (runScope) => runNode(runScope, turn, node) }
}

function toolNode(tool: Tool, name: string, input: Json, path: string): StepNode {
  return makeNode("tool", name, toolDraft({ tool, input: () => input }, {}), path)
}

async function runNode(runScope: StepContext["runScope"], turn: number, node: StepNode): Promise<unknown> {
  return runScope(`[${turn}]`, { steps: [node], output: (values) => values[node.name] })
}

function toolNamed(tools: readonly Tool[], name: string): Tool | undefined {
  return tools.find((tool) => tool.name === name)
}

function textPart(text: string): readonly { readonly type: "text"; readonly text: string }[] {
  return text === "" ? [] : [{ type: "text", text }]
}

function problem(error: ErrorData | undefined): Json {
  return { error: error?.message ?? "The tool failed." }
}
