/** The view of a run that has come to a stop, with what its log and the recording that it was made of say of its steps. */

import type { Engine } from "../engine/engine.ts"
import { recordedInput } from "../engine/playback.ts"
import { readRecording, sourceOf } from "../engine/recording.ts"
import type { NextStep } from "../engine/stop.ts"
import { must } from "../lib/assert.ts"
import { errorView } from "../protocol/problem.ts"
import { changeView } from "../protocol/replay-view.ts"
import { waitingViews } from "../protocol/run-view.ts"
import type { StopStep, StopView } from "../protocol/stop-view.ts"
import { compareStep, compareValues, requestsOf, type Side } from "../replay/compare.ts"
import { runStatus } from "../run/run-state.ts"
import type { BlobStore } from "../store/blob-store.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"
import type { StudyRpc } from "./study-rpc.ts"
import { viewStep } from "./views.ts"

export interface StopHost {
  readonly engine: Engine
  readonly store: EventStore
  readonly blobs: BlobStore
  /** The object of another run. */
  readonly other: (runId: string) => Pick<StudyRpc, "stepLog">
}

export async function viewStop(host: StopHost): Promise<StopView> {
  const { state } = host.engine
  const { last, held, underWay, next } = await host.engine.stop()
  const { runId, forkedFrom, replayOf } = must(state.header, "only a run that was created has a stop")
  const originId = (forkedFrom ?? replayOf)?.runId
  const own = { recording: readRecording(host.store), blobs: host.blobs }
  return {
    runId,
    status: runStatus(state),
    seq: state.seq,
    ...(state.paused ? { paused: pausedView(state.paused) } : {}),
    ...(last === undefined ? {} : { last: await stopStep(host, own, last, originId) }),
    held: await Promise.all(held.map((path) => stopStep(host, own, path, originId))),
    waiting: waitingViews(runId, state),
    underWay,
    next: await Promise.all(next.map((step) => nextStep(host, step, originId))),
  }
}

function pausedView({ reason, at }: NonNullable<Engine["state"]["paused"]>): NonNullable<StopView["paused"]> {
  return { reason, ...(at === undefined ? {} : { at }) }
}

async function stopStep(host: StopHost, own: Side, path: string, originId: string | undefined): Promise<StopStep> {
  const step = must(own.recording.steps.get(path), `the log has no step at ${path}`)
  const recording = originId === undefined ? undefined : await againstRecording(host, own, path, originId)
  return {
    ...(await viewStep(host.engine, path, eventsIn(host.store))),
    requests: await requestsOf(step, own),
    ...(recording ? { recording } : {}),
  }
}

async function againstRecording(
  host: StopHost,
  own: Side,
  path: string,
  runId: string,
): Promise<StopStep["recording"]> {
  const origin = await originSide(host, path, runId)
  const [before, after] = [origin.recording.steps.get(path), own.recording.steps.get(path)]
  if (!before || !after) return { runId, verdict: "extra", changes: [] }
  const changes = await compareStep(before, after, { before: origin, after: own })
  return { runId, verdict: changes.length === 0 ? "same" : "changed", changes: changes.map(changeView) }
}

async function nextStep(
  host: StopHost,
  step: NextStep,
  originId: string | undefined,
): Promise<StopView["next"][number]> {
  const { problem, ...rest } = step
  const changes = originId === undefined ? undefined : await inputChanges(host, step, originId)
  return {
    ...rest,
    ...(problem ? { problem: errorView(problem) } : {}),
    ...(changes ? { changes } : {}),
  }
}

/** How the input that a step will get differs from the recorded one; undefined when one of the two is not known. */
async function inputChanges(host: StopHost, { path, input }: NextStep, runId: string) {
  const origin = await originSide(host, path, runId)
  const inputSeq = origin.recording.steps.get(path)?.inputSeq
  if (inputSeq === undefined || input === undefined) return undefined
  const recorded = recordedInput(origin.recording, inputSeq)
  return (await compareValues(recorded, input, { before: origin, after: origin })).map(changeView)
}

async function originSide({ other, blobs }: StopHost, path: string, runId: string): Promise<Side> {
  return { recording: readRecording(sourceOf(await other(runId).stepLog(path))), blobs }
}
