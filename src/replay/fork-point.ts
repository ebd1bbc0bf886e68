/**
 * From what somebody names to the step that a run starts again from. Named may be a step, its condition (`x.when`), an item, a
 * round, a turn or a way, which stand for their first step, and the output of a sequence, which comes after all its steps.
 */

import { nodeAt } from "../engine/locate.ts"
import { pathsAround, scopeAt } from "../engine/order.ts"
import type { Recording } from "../engine/recording.ts"
import type { Scope } from "../graph/node.ts"
import { WaybillError } from "../lib/errors.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { eventsIn } from "../store/pages.ts"

/** What a fork point is looked for in. */
export interface ForkGround {
  readonly recording: Recording
  /** The graph of today. */
  readonly scope: Scope
  readonly kinds: Readonly<Record<string, StepKind>>
}

/**
 * The path to start from. Throws `step_not_found` when neither the recording nor the code has such a step, or the recorded
 * run went another way, and `workflow_changed` when the code has it no longer.
 */
export function forkPointAt(ground: ForkGround, named: string): string {
  const at = stepNamed(ground, named)
  checkGoneTo(ground.recording, at)
  return at
}

function stepNamed({ recording, scope, kinds }: ForkGround, named: string): string {
  if (nodeAt(scope, named, kinds)) return named
  const end = /^(?:(.+)\.)?output(?![^.[])/.exec(named)
  if (end && scopeAt(scope, end[1] ?? "")) return end[1] === undefined ? "output" : `${end[1]}.output`
  const conditioned = /^(.+)\.when$/.exec(named)?.[1]
  if (conditioned !== undefined && nodeAt(scope, conditioned, kinds)) return conditioned
  const first = scopeAt(scope, named)?.steps[0]
  if (first) return `${named}.${first.name}`
  const recorded = [...recording.steps.keys()].find((path) => path.startsWith(`${named}.`))
  if (recorded !== undefined && nodeAt(scope, recorded, kinds)) return recorded
  if (recording.steps.has(named))
    throw new WaybillError("workflow_changed", `${named}: today's code has no such step.`, { path: named })
  throw (
    childStep(recording, named) ??
    new WaybillError("step_not_found", `The recorded run has no step at "${named}".`, { path: named })
  )
}

/** What is said of a path inside a step that started a run: steps of that run are started from by its own id. */
function childStep({ source }: Recording, named: string): WaybillError | undefined {
  const around = new Set(pathsAround(named))
  const started = [...eventsIn(source)].findLast((event) => event.type === "child.started" && around.has(event.path))
  if (started?.type !== "child.started") return undefined
  const { runId } = started.data
  const from = named.slice(started.path.length + 1)
  const message = `${named}: found a step of the run ${runId}, which ${started.path} started; fork that run from "${from}". The fork is a run of its own, with no parent to return to.`
  return new WaybillError("step_not_found", message, { path: named, runId, from })
}

/**
 * A step that held others and has completed goes, when it is kept, where it went then. Throws `step_not_found` for what stands
 * elsewhere.
 */
export function checkGoneTo({ steps }: Recording, at: string): void {
  for (const place of pathsAround(at)) {
    const holder = steps.get(place.replace(/(\[\d+\]|\.[^.[]+)$/, ""))
    if (holder?.composite !== true || holder.status !== "completed" || steps.has(place)) continue
    if ([...steps.keys()].some((path) => path.startsWith(`${place}.`))) continue
    const message = `The recorded run did not go to "${place}"; start from ${holder.path}, with another input.`
    throw new WaybillError("step_not_found", message, { path: at, instead: holder.path })
  }
}
