/**
 * New runs out of recorded ones. A fork starts again from a step, with edits; a rehearsal is a replay that somebody goes
 * through step by step. Both are runs of their own: here is what their logs begin with.
 */

import { checkedEdit } from "../engine/edit-check.ts"
import { eventOf, type Recording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Breakpoint, type NewEvent, type RunHeader, type StepEdit, type Stored, stepEvent } from "../run/event.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { checkForkPoint, comesAfter, type ForkPoint } from "./fork.ts"
import { checkGoneTo, forkPointAt } from "./fork-point.ts"

type Edits = Readonly<Record<string, StepEdit>>

/** What a fork is to be. */
export interface ForkRequest {
  /** What is done again, with all that comes after it: see `fork-point.ts`. */
  readonly at: string
  /** By the path of their step. Of a step that is not done again only the output can be changed. */
  readonly edits: Edits
}

export interface ForkPlan {
  readonly point: ForkPoint
  /** The edits as the schemas of their steps read them. */
  readonly edits: Edits
}

/** Throws what is wrong with the request: `step_not_found`, `workflow_changed`, `edit_invalid`, `input_invalid`, `output_refused`. */
export function planFork(
  recording: Recording,
  workflow: Workflow,
  kinds: Readonly<Record<string, StepKind>>,
  { at: named, edits: given }: ForkRequest,
): ForkPlan {
  const { scope } = workflow
  const ground = { recording, scope, kinds }
  const at = forkPointAt(ground, named)
  const edits = Object.fromEntries(Object.entries(given).map(([path, edit]) => [path === named ? at : path, edit]))
  const bare = { ...ground, at, replaced: new Set<string>(), edited: new Set(Object.keys(edits)) }
  const kept = Object.keys(edits).filter((path) => !comesAfter(bare, path))
  const unchangeable = kept.find((path) => edits[path]?.output === undefined)
  if (unchangeable !== undefined) {
    const message = `${unchangeable}: found an edit of a step before ${at}, of which only the output can be replaced; fork from there.`
    throw new WaybillError("edit_invalid", message, { path: unchangeable })
  }
  for (const path of kept) checkGoneTo(recording, path)
  const point = { ...bare, replaced: new Set(kept) }
  checkForkPoint(point)
  const checked = Object.entries(edits).map(
    ([path, edit]) => [path, checkedEdit(scope, kinds, path, edit, path)] as const,
  )
  return { point, edits: Object.fromEntries(checked) }
}

/** What a derived run is, beside what its original was. */
export interface Derivation {
  readonly runId: string
  /** Instead of the original's. */
  readonly input?: Stored
  readonly tags?: readonly string[]
  readonly breakpoints?: readonly Breakpoint[]
  readonly stubs?: NonNullable<RunHeader["stubs"]>
  readonly forkedFrom?: NonNullable<RunHeader["forkedFrom"]>
  readonly replayOf?: NonNullable<RunHeader["replayOf"]>
}

/** Nobody waits for the new run, and nothing of how the old one was to be stopped holds for it. */
export function derivedHeader(original: RunHeader, workflow: Workflow, derivation: Derivation): RunHeader {
  const {
    parent: _parent,
    breakpoints: _breakpoints,
    forkedFrom: _forkedFrom,
    replayOf: _replayOf,
    jurisdiction: _jurisdiction,
    ...kept
  } = original
  return { ...kept, ...derivation, version: workflow.version, graphDigest: workflow.digest }
}

/** The edits, as the first events of a derived run. */
export function editEvents(edits: Edits): NewEvent[] {
  return Object.entries(edits).map(([path, edit]) => stepEvent("step.edited", path, 0, edit))
}

/** The edits that were made in `recording` before their step first started: a rehearsal begins with them. */
export function* recordedEdits({ source, interventions, steps }: Recording): Generator<NewEvent> {
  for (const seq of interventions) {
    const event = source.get(seq)
    if (event?.type !== "step.edited" || seq > (steps.get(event.path)?.firstSeq ?? 0)) continue
    const { path, data } = eventOf(source, seq, "step.edited")
    yield stepEvent("step.edited", path, 0, { ...data, copied: true })
  }
}
