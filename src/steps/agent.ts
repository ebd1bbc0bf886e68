/**
 * `agent`: a model works on a task with tools, turn by turn, until it answers. Every turn and every tool call is a step of
 * its own inside the agent: after a crash the agent goes on where it was, and no turn is paid for twice.
 */
import { z } from "zod"
import type { FreshName, HolderOptions, Maybe, Next } from "../graph/builder.ts"
import { invalid, RESERVED_NAMES } from "../graph/compile.ts"
import type { StepOptions } from "../graph/node.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Message } from "../model/message.ts"
import type { GenerateOperation } from "../model/operation.ts"
import { agentNode, askModel, callTools, TURN } from "./shared/agent-turn.ts"
import { readHolderOptions, readStep, toolField } from "./shared/fields.ts"
import {
  type Answer,
  answerOf,
  answerSchema,
  answerShape,
  generateOperation,
  type PromptConfig,
  type PromptOptions,
  promptFields,
  promptSummary,
} from "./shared/generate.ts"
import { defineStepKind } from "./step-kind.ts"

interface AgentConfig extends PromptConfig {
  readonly tools: readonly Tool[]
  readonly maxTurns: number
  readonly onMaxTurns?: "fail" | "answer" | undefined
}

const MOST_TURNS = 100

const config = z.strictObject({
  ...promptFields,
  tools: z.array(toolField),
  maxTurns: z
    .int({ error: "expected maxTurns, the most questions that may be asked: without it an agent might never end" })
    .min(1)
    .max(MOST_TURNS),
  onMaxTurns: z.enum(["fail", "answer"]).optional(),
})

export const agent = defineStepKind<AgentConfig, GenerateOperation>({
  kind: "agent",
  composite: true,
  asks: "generate",
  define(name, [given]) {
    const step = readStep<AgentConfig>(name, config, given)
    const { tools, maxTurns, onMaxTurns = "fail" } = step.config
    checkNames(name, tools)
    const summary = {
      ...promptSummary(step.config),
      maxTurns,
      onMaxTurns,
      tools: tools.map(({ name, effect, description }) => ({ name, effect, description })),
    }
    const { route, ...rest } = step.options
    const options: StepOptions = { ...readHolderOptions(name, rest), ...(route === undefined ? {} : { route }) }
    return { config: step.config, options, outputSchema: answerSchema(step.config), summary }
  },
  output: answerShape,
  nodeInside: ({ tools, maxTurns }, inside, node) => agentNode(node, { tools, maxTurns }, inside),
  resolve: (own, values) => ({
    ...generateOperation(own, "answer", values),
    ...(own.tools.length > 0 ? { tools: own.tools.map(toolSpec) } : {}),
  }),
  async execute(own, task, context) {
    let messages: readonly Message[] = task.messages
    for (let turn = 0; turn < own.maxTurns; turn += 1) {
      const isLast = turn + 1 === own.maxTurns
      const mustAnswer = isLast && own.onMaxTurns === "answer" && own.tools.length > 0
      const operation = { ...task, messages, ...(mustAnswer ? ({ toolChoice: "none" } as const) : {}) }
      const answer = await askModel(context, turn, operation)
      if (answer.toolCalls.length === 0) return answerOf(own, context.node.name, { type: "generate", ...answer })
      if (!isLast) messages = [...messages, ...(await callTools(context, turn, answer, own.tools))]
    }
    throw new WaybillError("agent_gave_up", `The agent had not answered after ${own.maxTurns} turns.`, {
      path: context.path,
      maxTurns: own.maxTurns,
    })
  },
})

function toolSpec({ name, description, input }: Tool) {
  return { name, description, input: jsonSchema(input, "input") }
}

/** A tool's name is the name of the steps that call it, so it must be one, and leave room for a number. */
function checkNames(path: string, tools: readonly Tool[]): void {
  const names = new Set([TURN, ...RESERVED_NAMES])
  for (const { name } of tools) {
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,59}$/.test(name))
      throw invalid(
        `${path}.tools`,
        `found the tool name ${JSON.stringify(name)}`,
        "Use a letter, then up to 59 letters, digits, - or _.",
      )
    if (names.has(name))
      throw invalid(
        `${path}.tools`,
        `found the tool name "${name}", which is taken`,
        "Give each tool a name of its own.",
      )
    names.add(name)
  }
}

declare module "../graph/builder.ts" {
  interface StepMethods<Outer, Local, At extends Level> {
    /** Lets a model work with `tools` until it answers: with `{ text }`, or with what `output` says. */
    agent<const Name extends string, Output = unknown, When extends boolean = true>(
      name: FreshName<Name, Outer & Local>,
      step: PromptOptions<Outer & Local, Output> & {
        readonly tools: readonly Tool[]
        /** The most questions to the model. */
        readonly maxTurns: number
        /** What happens when they are used up: `fail` (default), or `answer`: the last turn gets no tools. */
        readonly onMaxTurns?: "fail" | "answer"
        /** The route of the agent's turns instead of the one of `agent`. */
        readonly route?: string
      } & HolderOptions<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Answer<Output>, When>>
  }
}
