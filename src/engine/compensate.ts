/**
 * Undoing: when a run failed, or was cancelled with compensation, its completed tool steps that know how are undone,
 * last first, one at a time. Each undo has its own attempts; one that fails for good is logged and the others go on.
 */
import type { StepNode } from "../graph/node.ts"
import type { Tool } from "../graph/tool.ts"
import { errorData } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { toJson } from "../lib/json.ts"
import { stepEvent } from "../run/event.ts"
import { classifyFailure } from "./failure.ts"
import { nodeAt } from "./locate.ts"
import { retryDelayMs } from "./retry.ts"
import type { Session } from "./session.ts"

/** Paths still to be undone, last completed first. Empty unless the run ended in a way that asks for it. */
export function pendingCompensations(session: Session): readonly string[] {
  const { state } = session.log
  const wanted = state.ended === "failed" || (state.ended === "cancelled" && state.cancelled?.compensate === true)
  if (!wanted) return []
  return state.completedOrder
    .filter((path) => compensationOf(session, path) && !isSettled(state.steps.get(path)?.compensation))
    .reverse()
}

export async function compensate(session: Session): Promise<void> {
  for (const path of pendingCompensations(session)) await undo(session, path)
}

function isSettled(compensation: "running" | "completed" | "failed" | undefined): boolean {
  return compensation === "completed" || compensation === "failed"
}

function compensationOf(session: Session, path: string): { readonly node: StepNode; readonly tool: Tool } | undefined {
  const node = nodeAt(session.workflow.scope, path)
  const config = node?.config as { readonly tool?: Tool } | undefined
  return node?.kind === "tool" && config?.tool?.compensate ? { node, tool: config.tool } : undefined
}

async function undo(session: Session, path: string): Promise<void> {
  const found = compensationOf(session, path)
  const step = session.log.step(path)
  if (!found?.tool.compensate || step?.inputSeq === undefined || step.outputSeq === undefined) return
  const input = await session.values.load(step.inputSeq)
  const output = await session.values.load(step.outputSeq)
  for (let attempt = 1; ; attempt += 1) {
    session.log.append(stepEvent("compensation.started", path, attempt, { input: input as Json }))
    try {
      const { host } = session
      const idempotencyKey = session.idempotencyKey(`${path}~compensate`)
      const call = {
        input,
        output,
        idempotencyKey,
        attempt,
        signal: new AbortController().signal,
        secrets: host.secrets,
        fetch: host.fetch,
      }
      const undone = await found.tool.compensate(call)
      session.log.append(
        stepEvent("compensation.completed", path, attempt, { output: toJson(undone ?? null, `${path}~compensate`) }),
      )
      return
    } catch (thrown) {
      const failure = classifyFailure(thrown, path, "tool_failed")
      const policy = found.node.options.retry ?? found.tool.retry ?? {}
      const delayMs = retryDelayMs(policy, attempt, failure, session.host.random)
      const retryAtMs = delayMs === undefined ? undefined : session.nowMs() + delayMs
      session.log.append(
        stepEvent("compensation.failed", path, attempt, {
          error: errorData(failure.error),
          ...(retryAtMs === undefined ? {} : { retryAtMs }),
        }),
      )
      if (retryAtMs === undefined) return
      await session.parking.wait(`${path}~compensate`, retryAtMs)
    }
  }
}
