/**
 * Every workflow that is deployed, replayed: as it is, and with each of its steps changed in turn. What was changed is named, and
 * nothing that was not.
 */
import { describe, expect, it } from "vitest"
import { replayRun, type TestRun } from "waybill/testing"
import type { ReplayReport } from "../../src/replay/replay.ts"
import { workflows } from "../../workflows/index.ts"
import { differences } from "./gallery.ts"
import { type Recordings, recordAll } from "./recordings.ts"
import { type Change, otherPrompt, otherRoute, otherSchema, otherTool, otherWay, variants } from "./variant.ts"

let recordings: Promise<Recordings> | undefined

async function recorded(name: string): Promise<TestRun> {
  recordings ??= recordAll()
  const run = (await recordings).get(name)
  if (!run) throw new Error(`There is no recording of ${name}.`)
  return run
}

/** `outcome.refund.pay` of `outcome.refund.pay`, and `items.each.extract` of `items[3].extract`. */
function isAt(path: string, place: string): boolean {
  const names = (text: string) => text.replaceAll(/\[\d+\]/g, "").split(".")
  const [mine, theirs] = [names(path), place.split(".").filter((name) => !["each", "do"].includes(name))]
  return mine.length === theirs.length && mine.every((name, index) => name === theirs[index])
}

/** Replays the run of `name` with each variant that it gets to; gives for each what differs, and the step it should be. */
async function eachChange(
  name: string,
  change: Change,
  look: (report: ReplayReport, own: (path: string) => boolean, place: string) => void,
): Promise<number> {
  const run = await recorded(name)
  const same = await replayRun(run, { workflows })
  let count = 0
  for (const [place, workflow] of variants(run.workflow, change)) {
    const reached = same.steps.some(({ path }) => isAt(path, place) && wasDone(run, path))
    if (!reached) continue
    count += 1
    look(await replayRun(run, { workflows: [workflow] }), (path) => isAt(path, place), place)
  }
  return count
}

function wasDone(run: TestRun, path: string): boolean {
  return run.engine.state.steps.get(path)?.status !== "skipped"
}

const NAMES = workflows.map(({ name }) => name)

describe("a replay of a deployed workflow", () => {
  it.each(NAMES)("[REPLAY1] is the same, with nobody called: %s", async (name) => {
    const report = await replayRun(await recorded(name), { workflows })
    expect(differences(report)).toEqual({})
    expect(report).toMatchObject({ verdict: "same", outsideCalls: 0, end: { changes: [] } })
    expect(report.steps.length).toBeGreaterThan(0)
  })

  it.each(NAMES)(
    "[REPLAY2] names each step whose prompt, schema, tool or route is changed, and no other: %s",
    async (name) => {
      const kinds = [
        [otherPrompt, /^(request|input) \S+ .*Be kind\./],
        [otherSchema, /^(request|input) \S*output.schema.description "Said with care\."/],
        [otherTool, /^tool tool "\w+_v2"/],
        [otherRoute, /^route route "elsewhere"/],
      ] as const
      for (const [change, expected] of kinds)
        await eachChange(name, change, ({ steps, firstDifference }, own, place) => {
          const different = steps.filter(({ verdict }) => verdict !== "same")
          expect(different.length, place).toBeGreaterThan(0)
          expect(own(firstDifference ?? ""), `${place}: ${firstDifference}`).toBe(true)
          for (const { path, verdict, changes } of different) {
            // The turns of an agent ask what the agent was asked.
            expect(own(path.replace(/\[\d+\]\.turn$/, "")), `${place}: ${path}`).toBe(true)
            expect(verdict).toBe("request-changed")
            for (const { of, path: field, after } of changes)
              expect(`${of} ${field} ${JSON.stringify(after)}`).toMatch(expected)
          }
        })
    },
  )

  it("[REPLAY2] names the branch that goes another way, and what is missing and extra for it", async () => {
    let changed = 0
    for (const name of NAMES)
      changed += await eachChange(name, otherWay, ({ steps, firstDifference }, own) => {
        expect(own(firstDifference ?? "")).toBe(true)
        const branch = steps.find(({ path }) => path === firstDifference)
        expect(branch?.changes).toContainEqual(expect.objectContaining({ of: "input", path: "case" }))
      })
    expect(changed).toBeGreaterThan(0)
  })
})
