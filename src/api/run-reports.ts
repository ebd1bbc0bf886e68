/** Readings of a run's log: what it cost, its trace, and the log itself for keeping and verifying elsewhere. */
import { z } from "zod"
import { reach } from "../objects/remote.ts"
import { EXPORT_TYPE, exportLine } from "../protocol/event-view.ts"
import { UsageView } from "../protocol/operation-view.ts"
import type { RunView } from "../protocol/run-view.ts"
import { anyJson, named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { endpoint } from "./resource.ts"
import { ownRun, ownRunView, type RunStub } from "./run-access.ts"
import { RunParams } from "./run-parameters.ts"

const ROWS_PER_CALL = 500

const sum = {
  calls: z.int(),
  costNanoUsd: z.int(),
  usage: UsageView,
  unpricedCalls: z.int().meta({ description: "Calls whose price is not known; they count as 0." }),
}

const CostReport = named(
  "CostReport",
  z.object({
    runId: z.string(),
    workflow: z.string(),
    total: z.object(sum),
    totalUsd: z.string().meta({ description: "Exact decimal text." }),
    byCategory: z.array(z.object({ category: z.string(), ...sum })).readonly(),
    byStep: z.array(z.object({ path: z.string(), kind: z.string(), ...sum })).readonly(),
    byModel: z.array(z.object({ provider: z.string(), model: z.string(), ...sum })).readonly(),
    entries: z.array(z.record(z.string(), anyJson)).readonly(),
  }),
)

export const runReports = [
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/cost",
    summary: "Read what a run cost, by step, by model and call by call",
    params: RunParams,
    answers: { 200: { description: "The ledger.", schema: CostReport } },
    async handle({ params }, context) {
      return json(await (await ownRun(params.id, context)).cost())
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/trace",
    summary: "Read a run as OpenTelemetry spans",
    params: RunParams,
    answers: { 200: { description: "OTLP JSON, as an OTLP/HTTP collector takes it." } },
    async handle({ params }, context) {
      return json(await (await ownRun(params.id, context)).trace())
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/runs/{id}/export",
    summary: "Export a run's log with its hash chain",
    description: "One JSON value a line: a head, then every row of the log in order, with the hash that chains it.",
    params: RunParams,
    answers: { 200: { description: "The log.", contentType: EXPORT_TYPE } },
    async handle({ params }, context) {
      const view = await ownRunView(params.id, context)
      const headers = {
        "content-type": EXPORT_TYPE,
        "content-disposition": `attachment; filename="${view.id}.jsonl"`,
      }
      return new Response(exportStream(reach(context.env.RUNS, params.id), view), { headers })
    },
  }),
]

/** The log as it stood when it was asked for: events that are appended meanwhile are not in it. */
function exportStream(run: RunStub, view: RunView): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let last = 0
  return new ReadableStream({
    start(controller) {
      const { id: runId, workflow, seq } = view
      controller.enqueue(encoder.encode(exportLine({ waybill: "export", format: 1, runId, workflow, seq })))
    },
    async pull(controller) {
      const rows = await run.rows(last, Math.min(ROWS_PER_CALL, view.seq - last))
      last += rows.length
      controller.enqueue(encoder.encode(rows.map(exportLine).join("")))
      if (last >= view.seq || rows.length === 0) controller.close()
    },
  })
}
