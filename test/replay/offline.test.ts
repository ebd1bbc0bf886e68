/** A replay reaches no network: who tries gets nowhere and is counted, and nobody else in the process notices. */
import { createServer, type Server } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { runWorkflow, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { replayOf } from "./gallery.ts"

const NOTHING = z.object({})
const models = scriptedModel({})
let server: Server
let url = ""
let reached = 0

beforeAll(async () => {
  server = createServer((_request, response) => {
    reached += 1
    response.end("here")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  url = typeof address === "object" && address ? `http://127.0.0.1:${address.port}/` : ""
})
afterAll(() => server.close())

const asking = workflow("asking", { version: 1, input: NOTHING })
  .code("page", async () => (await fetch(url)).text())
  .output(({ page }) => page)

describe("[REPLAY7] during a replay", () => {
  it("the global fetch of a code step gets nowhere, and is counted", async () => {
    const run = await runWorkflow(asking, {}, { models })
    expect([run.output, reached]).toEqual(["here", 1])
    const report = await replayOf(run, asking)
    expect(reached).toBe(1)
    expect(report).toMatchObject({ verdict: "changed", outsideCalls: 1, firstDifference: "page" })
    expect(report.steps[0]?.changes).toMatchObject([{ of: "status", after: { code: "replay_offline" } }])
  })

  it("a tool is not executed: neither the fetch that it is handed nor the global one is called", async () => {
    let executed = 0
    const page = tool({
      name: "page",
      description: "Gets a page.",
      input: NOTHING,
      output: z.string(),
      effect: "read",
      async run({ fetch: handed }) {
        executed += 1
        return `${await (await handed(url)).text()} ${await (await fetch(url)).text()}`
      },
    })
    const flow = workflow("flow", { version: 1, input: NOTHING })
      .tool("page", page, () => ({}))
      .output((values) => values.page)
    const run = await runWorkflow(flow, {}, { models, fetch })
    const before = reached
    expect(await replayOf(run, flow)).toMatchObject({ verdict: "same", outsideCalls: 0 })
    expect([executed, reached]).toEqual([1, before])
  })

  it("others in the same process reach it as ever", async () => {
    const run = await runWorkflow(asking, {}, { models })
    const before = reached
    const fetching = (async () => {
      for (let turn = 0; turn < 5; turn += 1) await (await fetch(url)).text()
    })()
    const reports = await Promise.all([replayOf(run, asking), replayOf(run, asking)])
    await fetching
    expect(reports.map(({ outsideCalls }) => outsideCalls)).toEqual([1, 1])
    expect(reached).toBe(before + 5)
    expect(await (await fetch(url)).text()).toBe("here")
  })
})
