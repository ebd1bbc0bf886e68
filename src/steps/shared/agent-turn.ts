/** One turn of an agent: the question to its model, and the tool calls that the model answers with, each a step. */
import { makeNode } from "../../graph/compile.ts"
import type { Scope, StepNode, StepOptions, Values } from "../../graph/node.ts"
import { schemaIssues } from "../../graph/schema.ts"
import type { Tool } from "../../graph/tool.ts"
import type { ErrorData } from "../../lib/errors.ts"
import type { Json } from "../../lib/json.ts"
import type { Message, ToolCallPart, ToolResultPart } from "../../model/message.ts"
import type { GenerateOperation } from "../../model/operation.ts"
import type { ScopeTask, StepContext } from "../step-kind.ts"
import { toolDraft } from "./tool.ts"
import { APPROVAL, approvalNode, type NeedsApproval, type Refused, refusal, someApprovalNode } from "./tool-approval.ts"
import type { Turn, TurnConfig } from "./turn.ts"

/** The name of the step that asks the model; no tool may have it. */
export const TURN = "turn"

/** The model's answer in turn number `turn`, from 0. */
export async function askModel(context: StepContext, turn: number, operation: GenerateOperation): Promise<Turn> {
  const node = turnNode(context.node, { operation: () => operation }, context.path)
  return (await runNode(context.runScope, turn, node)) as Turn
}

/** What an agent can do, and what it must ask a person for. */
export interface Toolbox {
  readonly tools: readonly Tool[]
  readonly approve?: NeedsApproval | undefined
}

/** Calls the tools that `answer` asks for, all at once; gives the messages that tell the model what came of it. */
export async function callTools(
  context: StepContext,
  turn: number,
  answer: Turn,
  box: Toolbox,
): Promise<readonly Message[]> {
  const calls = await Promise.all(nameCalls(answer.toolCalls).map((named) => planCall(context, turn, named, box)))
  const tasks = calls.flatMap(({ task }) => task ?? [])
  const settled = tasks.length === 0 ? [] : await context.all(tasks, { concurrency: tasks.length, onError: "collect" })
  const ran = settled.values()
  const results = calls.map(({ call, refused }): ToolResultPart => {
    const about = { type: "tool-result", id: call.id, name: call.name } as const
    if (refused !== undefined) return { ...about, output: refused, isError: true }
    const { value: end } = ran.next()
    if (end?.status !== "completed") return { ...about, output: problem(end?.error), isError: true }
    const called = end.output as Called
    if ("refused" in called) return { ...about, output: refusal(called.refused), isError: true }
    return { ...about, output: (called.output ?? null) as Json }
  })
  return [
    { role: "assistant", content: [...answer.reasoning, ...textPart(answer.text), ...answer.toolCalls] },
    { role: "tool", content: results },
  ]
}

/** The node of the step at `inside` of the step `agent`, such as `[2].search-2`: its second call of `search` in the third turn. */
export function agentNode(
  agent: StepNode,
  { tools, approve, maxTurns }: Toolbox & { readonly maxTurns: number },
  inside: string,
): StepNode | undefined {
  const [, turn, name = ""] = /^\[(\d+)\]\.([^.[]+)$/.exec(inside) ?? []
  if (turn === undefined || Number(turn) >= maxTurns) return undefined
  if (name === TURN) return turnNode(agent, { operation: notAsked }, inside)
  if (approve && name.endsWith(APPROVAL)) return someApprovalNode(name, inside)
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

/** What became of a call: the tool's output, or the answer of somebody who did not agree to it. */
type Called = { readonly output: unknown } | { readonly refused: Refused }

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
async function planCall(
  context: StepContext,
  turn: number,
  { name, call }: NamedCall,
  { tools, approve }: Toolbox,
): Promise<PlannedCall> {
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
  const asked = await approvalNode(context, approve, name, { tool: call.name, input: call.input })
  return { call, task: (runScope) => runScope(`[${turn}]`, scopeOf(asked, tool, name, call.input, context.path)) }
}

/** The call, after a yes when somebody has to be asked. */
function scopeOf(asked: StepNode | undefined, tool: Tool, name: string, input: Json, path: string): Scope {
  if (!asked) return { steps: [toolNode(tool, name, input, path)], output: (values) => ({ output: values[name] }) }
  const answer = (values: Values) => values[asked.name] as Refused & { readonly approved: boolean }
  const node = toolNode(tool, name, input, path, { when: (values: Values) => answer(values).approved })
  return {
    steps: [asked, node],
    output: (values) => (answer(values).approved ? { output: values[name] } : { refused: answer(values) }),
  }
}

function toolNode(tool: Tool, name: string, input: Json, path: string, options: StepOptions = {}): StepNode {
  return makeNode("tool", name, toolDraft({ tool, input: () => input }, options), path)
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
