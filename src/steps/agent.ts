/**
 * `agent`: a model works on a task with tools, turn by turn, until it answers. Every turn and every tool call is a step of
 * its own inside the agent: after a crash the agent goes on where it was, and no turn is paid for twice.
 */
import { z } from "zod"
import type { FreshName, HolderOptions, Maybe, Next } from "../graph/builder.ts"
import { invalid, RESERVED_NAMES, sourceDigest } from "../graph/compile.ts"
import type { StepOptions } from "../graph/node.ts"
import { jsonSchema } from "../graph/schema.ts"
import type { Tool } from "../graph/tool.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Message } from "../model/message.ts"
import type { GenerateOperation } from "../model/operation.ts"
import { agentNode, askModel, callTools, type Toolbox, TURN } from "./shared/agent-turn.ts"
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
import { APPROVAL, type NeedsApproval, type ToolApproval, type WantedCall } from "./shared/tool-approval.ts"
import { defineStepKind } from "./step-kind.ts"

interface AgentConfig extends PromptConfig, Toolbox {
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
  approve: z
    .custom<NeedsApproval>((value) => typeof value === "function", "expected a function of the call")
    .optional(),
})

export const agent = defineStepKind<AgentConfig, GenerateOperation>({
  kind: "agent",
  composite: true,
  asks: "generate",
  define(name, [given]) {
    const step = readStep<AgentConfig>(name, config, given)
    const { tools, maxTurns, approve, onMaxTurns = "fail" } = step.config
    checkNames(name, step.config)
    const summary = {
      ...promptSummary(step.config),
      maxTurns,
      onMaxTurns,
      ...(approve ? { approve: sourceDigest(approve) } : {}),
      tools: tools.map(({ name, effect, description }) => ({ name, effect, description })),
    }
    const { route, ...rest } = step.options
    const options: StepOptions = { ...readHolderOptions(name, rest), ...(route === undefined ? {} : { route }) }
    return { config: step.config, options, outputSchema: answerSchema(step.config), summary }
  },
  output: answerShape,
  tools: (own) => own.tools,
  nodeInside: (own, inside, node) => agentNode(node, own, inside),
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
      if (!isLast) messages = [...messages, ...(await callTools(context, turn, answer, own))]
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

/** A tool's name is the name of the steps that call it, so it must be one, and leave room for a number and for an approval. */
function checkNames(path: string, { tools, approve }: Toolbox): void {
  const names = new Set([TURN, ...RESERVED_NAMES])
  for (const { name } of tools) {
    const most = approve ? 49 : 59
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) || name.length > most + 1)
      throw invalid(
        `${path}.tools`,
        `found the tool name ${JSON.stringify(name)}`,
        `Use a letter, then up to ${most} letters, digits, - or _.`,
      )
    if (approve && name.endsWith(APPROVAL))
      throw invalid(`${path}.tools`, `found the tool name "${name}", which an approval has`, "Choose another name.")
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
        /**
         * Whether a person must agree to a call before it is made, and what is asked. `true`: with a summary of the call. Pure:
         * it may be called again. The model is told of a no, and of nobody's answer in time, unless that is a yes.
         */
        readonly approve?: (call: WantedCall, values: Outer & Local) => boolean | ToolApproval
        /** The route of the agent's turns instead of the one of `agent`. */
        readonly route?: string
      } & HolderOptions<Outer & Local, When>,
    ): Next<Outer, Local, At, Name, Maybe<Answer<Output>, When>>
  }
}
