/** The engine's host inside a Durable Object: where its blobs, its children and its network are. */
import { Engine } from "../engine/engine.ts"
import type { ChildRuns, EngineHost } from "../engine/host.ts"
import type { Playback } from "../engine/playback.ts"
import type { Workflow } from "../graph/workflow.ts"
import { systemClock } from "../lib/clock.ts"
import { systemRandom } from "../lib/random.ts"
import type { ModelClient } from "../model/client.ts"
import type { RunHeader } from "../run/event.ts"
import { kindsByName } from "../steps/index.ts"
import type { EventStore } from "../store/event-store.ts"
import { blobsOf } from "./blobs.ts"
import { type Env, textVariables } from "./environment.ts"
import { reach } from "./remote.ts"

export interface EngineParts extends Required<Pick<EngineHost, "onEvents" | "onDelta" | "isListening" | "forecaster">> {
  readonly workflow: Workflow
  readonly env: Env
  readonly store: EventStore
  readonly models: ModelClient
  /** The run that answers this one, when it is a rehearsal of it. */
  readonly replayOf?: RunHeader["replayOf"]
}

export function makeEngine({ workflow, env, replayOf, ...parts }: EngineParts): Engine {
  const host: EngineHost = {
    ...parts,
    ...(replayOf ? { playback: playbackOf(env, replayOf) } : {}),
    blobs: blobsOf(env),
    kinds: kindsByName,
    clock: systemClock,
    random: systemRandom,
    fetch: (input, init) => fetch(input, init),
    secrets: textVariables(env),
    children: childRuns(env),
  }
  return new Engine(host, workflow)
}

/** Answers from the recording of another run, as its own object reads it. */
function playbackOf(env: Env, { runId, beyond }: NonNullable<RunHeader["replayOf"]>): Playback {
  return { beyond, answer: (path, failures) => reach(env.RUNS, runId).recordedAnswer(path, failures) }
}

function childRuns(env: Env): ChildRuns {
  return {
    async start({ runId, workflow, input, parent, header }) {
      await reach(env.RUNS, runId).start({ runId, workflow, input, parent, ...header })
    },
    async cancel(runId, how) {
      await reach(env.RUNS, runId).command({ type: "cancel", ...how })
    },
    undo: (runId, reason) => reach(env.RUNS, runId).undo(reason),
  }
}
