/** Readings of a run's log: what it cost, its trace, and the log itself for keeping and verifying elsewhere. */
import { z } from "zod"
import { anonymizer } from "../gateway/anonymize.ts"
import { blobsOf } from "../objects/blobs.ts"
import { reach } from "../objects/remote.ts"
import { findWorkflow } from "../objects/start-run.ts"
import { EXPORT_TYPE } from "../protocol/event-view.ts"
import { UsageView } from "../protocol/operation-view.ts"
import type { RunView } from "../protocol/run-view.ts"
import { anyJson, named } from "../protocol/wire.ts"
import { exportLines } from "../replay/export-file.ts"
import { redactedLines } from "../replay/redacted-export.ts"
import { replay } from "../replay/replay.ts"
import type { EventRow } from "../run/chain.ts"
import { kindsByName } from "../steps/index.ts"
import { json } from "./answer.ts"
import { type ApiContext, endpoint } from "./resource.ts"
import { ownRun, ownRunView, type RunStub } from "./run-access.ts"
import { RunParams } from "./run-parameters.ts"

const ROWS_PER_CALL = 500

const flag = z.stringbool().exactOptional()

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
    children: z
      .array(
        z.object({
          runId: z.string(),
          workflow: z.string(),
          path: z.string().meta({ description: "Of the step that started it." }),
          status: z.enum(["succeeded", "failed", "cancelled"]).exactOptional(),
          costNanoUsd: z.int().meta({ description: "With all runs below it; 0 until it has ended." }),
        }),
      )
      .readonly(),
    withChildren: z
      .object({ costNanoUsd: z.int(), usd: z.string().meta({ description: "Exact decimal text." }) })
      .meta({ description: "`total` and `children` together." }),
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
    description:
      "One JSON value a line: a head, then every row of the log in order, with the hash that chains it, then the blobs that the rows refer to, so that the file stands by itself. A redacted export hides personal data and secrets, leaves media out and can be replayed by a test; its chain is its own.",
    params: RunParams,
    query: z.strictObject({
      redact: flag.meta({ description: "Hide personal data and secrets." }),
      blobs: flag.meta({ description: "`false` leaves out the blobs that the log refers to: a replay needs them." }),
    }),
    answers: { 200: { description: "The log.", contentType: EXPORT_TYPE } },
    async handle({ params, query }, context) {
      const view = await ownRunView(params.id, context)
      const headers = {
        "content-type": EXPORT_TYPE,
        "content-disposition": `attachment; filename="${view.id}.jsonl"`,
      }
      return new Response(streamOf(linesOf(view, context, query)), { headers })
    },
  }),
]

/** The log as it stood when it was asked for: events that are appended meanwhile are not in it. */
function linesOf(
  { id: runId, workflow: name, seq }: RunView,
  { env, deployment }: ApiContext,
  { redact = false, blobs = true }: { readonly redact?: boolean; readonly blobs?: boolean },
): AsyncGenerator<string> {
  const run = reach(env.RUNS, runId)
  const head = { waybill: "export", format: 1, runId, workflow: name, seq } as const
  const store = blobsOf(env)
  if (!redact) return exportLines(head, rowPages(run, seq), store, blobs ? "all" : "none")
  return redactedLines(head, () => rowPages(run, seq), store, {
    blobs: blobs ? "values" : "none",
    hide: anonymizer(),
    original: () => run.replay(),
    replay: async (side) => replay({ ...side, workflow: findWorkflow(deployment, name), kinds: kindsByName }),
  })
}

function streamOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await lines.return(undefined)
    },
  })
}

async function* rowPages(run: RunStub, upTo: number): AsyncGenerator<readonly EventRow[]> {
  for (let last = 0; last < upTo; ) {
    const rows = await run.rows(last, Math.min(ROWS_PER_CALL, upTo - last))
    if (rows.length === 0) return
    last += rows.length
    yield rows
  }
}
