/** Views of a run with the values that the fold only points at. */
import type { Engine } from "../engine/engine.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import { type RunView, runView } from "../protocol/run-view.ts"
import { type StepView, stepView } from "../protocol/step-view.ts"
import type { RunEvent } from "../run/event.ts"

export async function viewRun(engine: Engine): Promise<RunView> {
  const output = await valueAt(engine, engine.state.outputSeq)
  return runView(engine.state, {
    ...(output === undefined ? {} : { output }),
    ...(engine.codeMissing ? { workflowMissing: true } : {}),
  })
}

/** The step at `path` with its input and output. Throws `step_not_found`. */
export async function viewStep(engine: Engine, path: string, events: Iterable<RunEvent>): Promise<StepView> {
  const step = engine.state.steps.get(path)
  const view = stepView(engine.state, events, path)
  if (!step || !view) throw new WaybillError("step_not_found", `The run has no step at "${path}".`, { path })
  const input = await valueAt(engine, step.inputSeq)
  const output = await valueAt(engine, step.outputSeq)
  return { ...view, ...(input === undefined ? {} : { input }), ...(output === undefined ? {} : { output }) }
}

async function valueAt(engine: Engine, seq: number | undefined): Promise<Json | undefined> {
  return seq === undefined ? undefined : ((await engine.value(seq)) as Json)
}
