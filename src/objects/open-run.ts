/**
 * A run in memory: its engine, and the driver that moves it, each with what it needs of the object that they live in.
 * Nothing here is the platform's but the queue of jobs.
 */
import type { LifecycleJobs } from "agents/lifecycle"
import type { Engine } from "../engine/engine.ts"
import type { Workflow } from "../graph/workflow.ts"
import { UsageMeter } from "../ledger/usage.ts"
import { systemClock } from "../lib/clock.ts"
import type { EventStore } from "../store/event-store.ts"
import { eventsIn } from "../store/pages.ts"
import { Driver } from "./driver.ts"
import { makeEngine } from "./engine-host.ts"
import type { Deployment, Env } from "./environment.ts"
import { askForPlace, type Memory, report } from "./report.ts"
import type { RunSockets } from "./run-sockets.ts"
import type { Subscribers } from "./subscribers.ts"

export interface OpenRun {
  readonly engine: Engine
  readonly driver: Driver
}

export interface RunParts {
  readonly workflow: Workflow
  readonly env: Env
  readonly deployment: Deployment
  readonly store: EventStore
  readonly memory: Memory
  readonly jobs: Pick<LifecycleJobs, "list" | "push" | "cancel">
  readonly sockets: Pick<RunSockets, "publish" | "delta" | "isFollowed" | "atRest">
  readonly subscribers: Pick<Subscribers, "notify">
  /** Keeps the object alive until the promise settles. */
  readonly hold: (work: Promise<unknown>) => void
  /** Nothing in memory is of use any more. */
  readonly giveUp: (thrown: unknown) => void
}

/** The run's own job in the lifecycle queue; the lifecycle hands it back to `onJob`. */
const JOB = "move"

export function openRun(parts: RunParts): OpenRun {
  const { workflow, env, deployment, store, sockets, subscribers, hold } = parts
  const created = store.get(1)
  const meter = new UsageMeter((after) => eventsIn(store, after))
  const engine = makeEngine({
    workflow,
    env,
    store,
    models: deployment.models(env),
    forecaster: deployment.gateway(env),
    replayOf: created?.type === "run.created" ? created.data.replayOf : undefined,
    onEvents: (events) => {
      meter.take(events)
      sockets.publish(events)
      subscribers.notify()
      // What a call that was in flight cost may be known after the run's end: it is told as well.
      if (engine.state.ended && events.some(({ type }) => type === "operation.completed")) hold(driver.drive())
    },
    onDelta: (piece) => sockets.delta(piece),
    isListening: () => sockets.isFollowed(),
  })
  const driver = driverOf(engine, meter, parts)
  return { engine, driver }
}

function driverOf(
  engine: Engine,
  meter: UsageMeter,
  { workflow, env, memory, jobs, sockets, subscribers, hold, giveUp }: RunParts,
): Driver {
  return new Driver(engine, {
    clock: systemClock,
    left: () => {
      const newest = jobs.list().at(-1)
      return newest && { job: newest.id, atMs: newest.time }
    },
    arm: async (id, time) => void (await jobs.push({ id, fn: JOB, time })),
    disarm: async (id) => void (await jobs.cancel(id)),
    hold,
    giveUp,
    admit: async () => (engine.codeMissing ? "queued" : askForPlace(engine, workflow, env, memory)),
    report: async () => {
      subscribers.notify()
      hold(sockets.atRest())
      await report(engine, env, memory, meter)
      subscribers.notify()
    },
  })
}
