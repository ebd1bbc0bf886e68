/** What a replay found, as the doors show it, and what a replay is asked. */
import { z } from "zod"
import type { Json } from "../lib/json.ts"
import { excerptOf } from "../lib/json-diff.ts"
import { anyJson, named } from "./wire.ts"

const change = {
  path: z.string().meta({ description: "Such as `messages[1].content[0].text`; empty for the whole." }),
  before: anyJson.exactOptional().meta({ description: "Absent where the recording has nothing. Long texts are cut." }),
  after: anyJson.exactOptional().meta({ description: "Absent where today's code has nothing." }),
}

export const JsonChangeView = named("JsonChange", z.object(change))

export const FieldChangeView = named(
  "FieldChange",
  z.object({
    of: z.enum(["kind", "route", "tool", "input", "request", "output", "error", "status"]),
    operation: z.int().exactOptional().meta({ description: "Which of the step's operations, for a `request`." }),
    ...change,
  }),
)

const RoutingForecast = z.object({
  operation: z.int(),
  recorded: z.string().exactOptional().meta({ description: "`provider/model` that was to be asked first." }),
  served: z.string().exactOptional().meta({ description: "`provider/model` that answered." }),
  today: z
    .string()
    .exactOptional()
    .meta({ description: "`provider/model` that would be asked first now, were everybody as well as then." }),
  changed: z.boolean().meta({ description: "Whether somebody else would be asked first." }),
  route: z
    .object({ recorded: z.string(), today: z.string() })
    .exactOptional()
    .meta({ description: "Where another route applies." }),
  reason: z.string(),
  recordedNanoUsd: z.int(),
  estimatedNanoUsd: z.int().exactOptional().meta({ description: "At the recorded usage; absent: no price is known." }),
})

const Verdict = z.enum(["same", "request-changed", "output-changed", "missing", "extra", "unreached"])

const ReplayedStep = z.object({
  path: z.string(),
  kind: z.string(),
  verdict: Verdict,
  changes: z.array(FieldChangeView).readonly(),
  definitionChanged: z.literal(true).exactOptional().meta({ description: "The step's code is not the one that ran." }),
  routing: z.array(RoutingForecast).readonly().exactOptional(),
})

const RunEnd = z.object({
  status: z.enum(["succeeded", "failed", "cancelled", "open"]),
  error: anyJson.exactOptional(),
})

export const ReplayReport = named(
  "ReplayReport",
  z.object({
    runId: z.string(),
    workflow: z.string(),
    version: z.object({ recorded: z.int(), today: z.int() }),
    headHash: z.string().meta({ description: "Hash of the recording's newest event." }),
    verdict: z.enum(["same", "changed"]),
    firstDifference: z
      .string()
      .exactOptional()
      .meta({ description: "Path of the step at which the replay first went another way." }),
    outsideCalls: z.int().meta({ description: "Attempts to reach the network; none got there." }),
    inputIssues: z.array(z.object({ path: z.string(), message: z.string() })).readonly(),
    end: z.object({ recorded: RunEnd, replayed: RunEnd, changes: z.array(JsonChangeView).readonly() }),
    counts: z.record(Verdict, z.int()),
    routing: z
      .object({
        changed: z.array(z.string()).readonly(),
        recordedNanoUsd: z.int(),
        estimatedNanoUsd: z.int(),
        unpriced: z.int(),
      })
      .exactOptional()
      .meta({ description: "What today's routing would do differently. Nobody was asked." }),
    steps: z.array(ReplayedStep).readonly(),
  }),
)
export type ReplayReport = z.infer<typeof ReplayReport>

/** The report with its long texts cut. */
export function replayView(report: ReplayReport): ReplayReport {
  const { end, steps } = report
  return {
    ...report,
    end: { ...end, changes: end.changes.map(excerptOf) },
    steps: steps.map((step) => ({ ...step, changes: step.changes.map(changeView) })),
  }
}

/** A change with its long texts cut. */
export function changeView<Change extends { readonly path: string; readonly before?: Json; readonly after?: Json }>(
  change: Change,
): Change {
  return { ...change, ...excerptOf(change) }
}
