/** A step of a run as the doors show it: status, attempts, the model and why it was chosen, cost and times. */
import { z } from "zod"
import type { RunEvent } from "../run/event.ts"
import type { ChildState, RunState, StepState } from "../run/run-state.ts"
import { DecisionView, OperationView, operationView } from "./operation-view.ts"
import { ErrorView, errorView } from "./problem.ts"
import { costView, runPath, WaitingView, waitingView } from "./run-view.ts"
import { anyJson, Cost, named } from "./wire.ts"

const StepFailure = z.object({
  attempt: z.int(),
  atMs: z.int(),
  class: z.string().meta({ description: "Kind of failure, such as `provider.overloaded`." }),
  error: ErrorView,
  retryAtMs: z.int().exactOptional().meta({ description: "When the next attempt began or begins." }),
})

const ChildView = named(
  "ChildRun",
  z.object({
    id: z.string(),
    workflow: z.string(),
    status: z.enum(["succeeded", "failed", "cancelled"]).exactOptional().meta({ description: "Once it has ended." }),
    cost: Cost.exactOptional().meta({ description: "Of it and all runs below it, once it has ended." }),
    links: z.record(z.string(), z.string()),
  }),
)

export const StepView = named(
  "Step",
  z.object({
    path: z.string(),
    kind: z.string(),
    composite: z.boolean().exactOptional().meta({ description: "Holds other steps and calls nobody itself." }),
    status: z.enum(["running", "retrying", "waiting", "completed", "failed", "skipped", "interrupted"]),
    attempts: z.int().meta({ description: "Tries so far." }),
    startedAtMs: z.int(),
    endedAtMs: z.int().exactOptional(),
    durationMs: z.int().exactOptional().meta({ description: "From the first try to the end, waits included." }),
    retryAtMs: z.int().exactOptional(),
    tool: z.string().exactOptional(),
    effect: z.enum(["read", "idempotent", "unsafe"]).exactOptional(),
    idempotencyKey: z.string().exactOptional(),
    model: z
      .string()
      .exactOptional()
      .meta({ description: "`provider/model` of the newest operation that was answered." }),
    decision: DecisionView.exactOptional().meta({ description: "How that model was chosen." }),
    cost: Cost,
    error: ErrorView.exactOptional(),
    failures: z.array(StepFailure).readonly(),
    operations: z.array(OperationView).readonly(),
    waiting: WaitingView.exactOptional(),
    children: z
      .array(ChildView)
      .readonly()
      .exactOptional()
      .meta({ description: "The child runs that its attempts started, the newest last." }),
    effectUnknown: z.literal(true).exactOptional().meta({
      description: "Its tool may have changed something: the call was cut off, stopped or not answered in time.",
    }),
    compensation: z.enum(["running", "completed", "failed"]).exactOptional(),
    input: anyJson.exactOptional().meta({ description: "Only when one step is asked for." }),
    output: anyJson.exactOptional().meta({ description: "Only when one step is asked for." }),
  }),
)
export type StepView = z.infer<typeof StepView>

/** What a step's events say beyond its state. */
interface Facts {
  readonly failures: z.infer<typeof StepFailure>[]
  readonly operations: OperationView[]
  readonly children: z.infer<typeof ChildView>[]
  tool?: string
  idempotencyKey?: string
  costNanoUsd: number
}

/** Steps `[offset, offset + limit)` of the run, in the order in which they first started. `events` is the run's whole log. */
export function stepViews(
  state: RunState,
  events: Iterable<RunEvent>,
  { offset = 0, limit = Number.POSITIVE_INFINITY }: { readonly offset?: number; readonly limit?: number } = {},
): StepView[] {
  const steps = [...state.steps.values()].slice(offset, offset + limit)
  return views(state, steps, events)
}

/** The step at `path`; undefined when it never started. */
export function stepView(state: RunState, events: Iterable<RunEvent>, path: string): StepView | undefined {
  const step = state.steps.get(path)
  return step && views(state, [step], events)[0]
}

function views(state: RunState, steps: readonly StepState[], events: Iterable<RunEvent>): StepView[] {
  const facts = new Map<string, Facts>()
  for (const { path } of steps) facts.set(path, { failures: [], operations: [], children: [], costNanoUsd: 0 })
  for (const event of events) {
    const known = facts.get(event.path)
    if (known) collect(known, event)
  }
  for (const child of state.children.values()) facts.get(child.path)?.children.push(childView(child))
  const runId = state.header?.runId ?? ""
  return steps.flatMap((step) => {
    const known = facts.get(step.path)
    return known ? [viewOf(runId, step, known)] : []
  })
}

function childView({ runId, workflow, status, costNanoUsd }: ChildState): z.infer<typeof ChildView> {
  const end = status === undefined ? {} : { status, cost: costView(costNanoUsd) }
  return { id: runId, workflow, ...end, links: { self: runPath(runId) } }
}

function collect(facts: Facts, event: RunEvent): void {
  if (event.type === "step.started") {
    if (event.data.tool !== undefined) facts.tool = event.data.tool
    if (event.data.idempotencyKey !== undefined) facts.idempotencyKey = event.data.idempotencyKey
  }
  if (event.type === "operation.completed") {
    const view = operationView(event)
    facts.operations.push(view)
    facts.costNanoUsd += view.cost.nanoUsd
  }
  if (event.type === "step.interrupted") facts.costNanoUsd += event.data.lost?.costNanoUsd ?? 0
  if (event.type === "step.failed") {
    const { error, failureClass, retryAtMs } = event.data
    facts.failures.push({
      attempt: event.attempt,
      atMs: event.atMs,
      class: failureClass,
      error: errorView(error),
      ...(retryAtMs === undefined ? {} : { retryAtMs }),
    })
  }
}

function viewOf(runId: string, step: StepState, facts: Facts): StepView {
  const { path, kind, composite, status, attempt, startedAtMs, endedAtMs, retryAtMs, effect, error, compensation } =
    step
  const { failures, operations, children, tool, idempotencyKey, costNanoUsd } = facts
  const answered = operations.findLast(({ model }) => model !== undefined)
  const decision = decisionOf(answered ?? operations.at(-1))
  const waiting = waitingView(runId, step)
  return {
    path,
    kind,
    ...(composite ? { composite } : {}),
    status,
    attempts: attempt,
    startedAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs, durationMs: endedAtMs - startedAtMs }),
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
    ...(tool === undefined ? {} : { tool }),
    ...(effect === undefined ? {} : { effect }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(answered?.model === undefined ? {} : { model: answered.model }),
    ...(decision ? { decision } : {}),
    cost: costView(costNanoUsd),
    ...(error ? { error: errorView(error) } : {}),
    failures,
    operations,
    ...(waiting ? { waiting } : {}),
    ...(children.length > 0 ? { children } : {}),
    ...(step.effectUnknown ? { effectUnknown: true } : {}),
    ...(compensation ? { compensation } : {}),
  }
}

/** Without the facts that it was made from: they stand with the operation, once. */
function decisionOf(operation: OperationView | undefined): StepView["decision"] {
  if (!operation) return undefined
  const { facts: _facts, ...decision } = operation.decision
  return decision
}
