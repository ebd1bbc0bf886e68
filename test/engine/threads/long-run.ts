/** Moves a run of as many steps as it is told to its end, on a log in SQLite, and tells how it ended and what it holds then. */
import { parentPort, workerData } from "node:worker_threads"
import { workflow } from "waybill"
import { createRun, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { openNodeSqlite } from "../../../src/store/node-sqlite.ts"
import { SqlEventStore } from "../../../src/store/sql-event-store.ts"

const flow = workflow("long", { version: 1, input: z.object({}) })
  .loop("round", {
    max: 30_000,
    body: (g) =>
      g.code("add", ({ iteration }) => ({ n: iteration, text: "x".repeat(4_000) })).output(({ add }) => add.n),
    until: ({ iteration }) => iteration + 2 >= Number(workerData),
  })
  .output(({ round }) => round.iterations)

const run = await createRun(flow, {}, { models: scriptedModel({}), store: new SqlEventStore(openNodeSqlite()) })
while ((await run.engine.advance()) === "yield") {}
parentPort?.postMessage({ status: run.status, steps: run.engine.state.steps.size })
