/** Time while a run is paused: it counts for no timeout but that of what is in flight. */
import { describe, expect, it } from "vitest"
import { type Workflow, workflow } from "waybill"
import { readRecording } from "../../src/engine/recording.ts"
import { replay } from "../../src/replay/replay.ts"
import { kindsByName } from "../../src/steps/index.ts"
import { counting, type MortalRun, mortalRun, NOTHING, until } from "./helpers.ts"

const MINUTE = 60_000

/** Waits for a signal in the middle of a run, or of a step, that may take ten minutes. */
const ofRun = workflow("of-run", { version: 1, input: NOTHING, timeout: "10m" })
  .waitFor("go")
  .code("after", () => 1)
  .output(({ after }) => after)

const ofStep = workflow("of-step", { version: 1, input: NOTHING })
  .map("items", { over: () => [1], each: (g) => g.waitFor("go").code("after", () => 1), timeout: "10m" })
  .output(({ items }) => items.length)

const ofAll = workflow("of-all", { version: 1, input: NOTHING })
  .map("items", { over: () => [1], each: (g) => g.waitFor("go").code("after", () => 1), timeout: { total: "10m" } })
  .output(({ items }) => items.length)

/** The run after four minutes, and a pause of eleven; each in another process when it `moves`. */
async function paused(flow: Workflow, moves: boolean): Promise<MortalRun> {
  const next = async (run: MortalRun) => {
    const going = moves ? await run.revive() : run
    await going.settle({ skipTime: false })
    return going
  }
  let run = await next(await mortalRun(flow, {}))
  run.clock.tick(4 * MINUTE)
  run.engine.commands.pause()
  run = await next(run)
  expect(run.engine.nextWakeMs()).toBeUndefined()
  run.clock.tick(11 * MINUTE)
  run.engine.wake()
  run = await next(run)
  run.engine.commands.resume()
  return next(run)
}

const isSame = async (flow: Workflow, { store, blobs }: MortalRun) =>
  (await replay({ recording: readRecording(store), workflow: flow, kinds: kindsByName, blobs })).verdict

describe.each([
  ["a run", ofRun, "run_timeout"],
  ["a step that holds others", ofStep, "step_timeout"],
  ["all attempts at one", ofAll, "step_timeout"],
] as const)("the timeout of %s", (_what, flow, code) => {
  it.each([false, true])("[RUN32] does not go on while the run is paused (in another process: %s)", async (moves) => {
    const run = await paused(flow, moves)
    expect(run.engine.nextWakeMs()).toBe(run.clock.nowMs() + 6 * MINUTE)
    run.clock.tick(5 * MINUTE)
    await run.engine.commands.signal("go", null)
    await run.settle()
    expect(run.output).toBe(1)
    expect(await isSame(flow, run)).toBe("same")
  })

  it("[RUN32] goes on when it is resumed", async () => {
    const run = await paused(flow, false)
    run.clock.tick(6 * MINUTE)
    await run.settle()
    expect(run.engine.state.error).toMatchObject({ code })
    expect(await isSame(flow, run)).toBe("same")
  })
})

it("[RUN32] the timeout of a call that is in flight goes on while the run is paused", async () => {
  const slow = counting("read", () => new Promise(() => {}))
  const flow = workflow("slow", { version: 1, input: NOTHING })
    .tool("slow", slow.tool, () => ({}), { timeout: "1m", retry: { attempts: 1 } })
    .output(() => null)
  const run = await mortalRun(flow, {})
  const settled = run.settle()
  await until(() => slow.calls.length === 1)
  run.engine.commands.pause()
  run.clock.tick(MINUTE)
  await settled
  expect(run.engine.state.error).toMatchObject({ code: "step_timeout" })
})
