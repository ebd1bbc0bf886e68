/** What the log says of a step when it starts, beside its input. */
import type { EventData } from "../run/event.ts"
import type { Session } from "./session.ts"
import type { StepJob } from "./step-run.ts"

/** What the step is, whatever it is given. */
export function startOf(job: StepJob): Pick<EventData["step.started"], "kind" | "digest" | "composite" | "route"> {
  const { kind, node } = job
  const { route } = node.options
  return {
    kind: node.kind,
    digest: digestOf(job),
    ...(kind.composite ? { composite: true } : {}),
    ...(route === undefined ? {} : { route }),
  }
}

export function digestOf({ node }: StepJob): string {
  return `${node.shape}.${node.digest}`
}

export function effectOf(
  session: Session,
  { kind, node, path }: StepJob,
): Pick<EventData["step.started"], "effect" | "idempotencyKey" | "tool" | "compensates"> {
  const tool = kind.tool?.(node.config)
  if (!tool) return {}
  const { name, effect, compensate } = tool
  const idempotencyKey = session.idempotencyKey(path)
  return { tool: name, effect, idempotencyKey, ...(compensate ? { compensates: true } : {}) }
}
