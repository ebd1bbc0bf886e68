/** A run with the first page of its steps: what whoever waited for a run wants to see of it. */
import { z } from "zod"
import { RunView } from "./run-view.ts"
import { StepView } from "./step-view.ts"
import { named } from "./wire.ts"

const steps = z.array(StepView).readonly().meta({ description: "In the order in which they first started." })
const nextCursor = z.string().exactOptional().meta({ description: "`cursor` of the next page; absent on the last." })

/** A page of a run's steps. */
export const StepList = named("StepList", z.object({ steps, nextCursor }))
export type StepList = z.infer<typeof StepList>

/** A run with the first page of its steps; the others are at `/v1/runs/{id}/steps`. */
export const RunDetail = named("RunDetail", RunView.extend({ steps, nextCursor }))
export type RunDetail = z.infer<typeof RunDetail>

/** A run under way; with its steps when it was waited for. */
export const RunUnderWay = named("RunUnderWay", RunDetail.partial({ steps: true }))
