/** What a bulk fork would do, read from the recordings of the runs that it would fork. Nothing is written. */

import { type ErrorData, errorData } from "../lib/errors.ts"
import { bulkCriteria, bulkRequest, sampleCosts, sampleFilter } from "../objects/bulk-request.ts"
import { rangeView } from "../objects/bulk-views.ts"
import { reach } from "../objects/remote.ts"
import type { BulkForkBody, BulkForkDryRun, DryRunItem } from "../protocol/bulk-fork.ts"
import { errorView } from "../protocol/problem.ts"
import { costView, runPath } from "../protocol/run-view.ts"
import type { RunSummary } from "../protocol/summary.ts"
import type { ForkForecast, StepCosts } from "../replay/fork-forecast.ts"
import type { ApiContext } from "./resource.ts"

/** Recorded steps of one run that are listed: a fork from the first step of a long run does all of them again. */
const LISTED_STEPS = 20

interface Forecast {
  readonly run: RunSummary
  readonly found: ForkForecast | { readonly refused: ErrorData }
}

export async function dryRun(body: BulkForkBody, context: ApiContext): Promise<BulkForkDryRun> {
  const { env, tenant } = context
  const tenants = reach(env.TENANTS, tenant.id)
  const { cursor, limit, filter } = body
  const criteria = bulkCriteria(filter)
  const [matched, { runs, nextCursor }, succeeded] = await Promise.all([
    tenants.countRuns(criteria),
    tenants.list({ ...criteria, limit, ...(cursor === undefined ? {} : { cursor }) }),
    tenants.list(sampleFilter(filter.workflow)),
  ])
  const samples = await sampleCosts(succeeded.runs, (runId) => reach(env.RUNS, runId))
  const forecasts = await Promise.all(runs.map((run) => forecastOf(run, body, samples, context)))
  const forecast = forecasts.flatMap(({ found }) => ("refused" in found ? [] : [found]))
  const low = sum(forecast.map(({ lowNanoUsd }) => lowNanoUsd))
  const high = sum(forecast.map(({ highNanoUsd }) => highNanoUsd))
  const inAll = (page: number): number => (runs.length === 0 ? 0 : Math.round((page * matched) / runs.length))
  return {
    dryRun: true,
    matched,
    items: forecasts.map(itemView),
    refused: forecasts.length - forecast.length,
    estimate: { page: rangeView(low, high), all: rangeView(inAll(low), inAll(high)), samples: samples.length },
    ...(nextCursor === undefined ? {} : { nextCursor }),
  }
}

async function forecastOf(
  run: RunSummary,
  body: BulkForkBody,
  samples: readonly StepCosts[],
  { env }: ApiContext,
): Promise<Forecast> {
  try {
    return { run, found: await reach(env.RUNS, run.runId).forecast(bulkRequest(body, run, ""), samples) }
  } catch (thrown) {
    return { run, found: { refused: errorData(thrown) } }
  }
}

function itemView({ run: { runId, user, failedAt, errorCode }, found }: Forecast): DryRunItem {
  const item = {
    runId,
    ...(user === undefined ? {} : { user }),
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(errorCode === undefined ? {} : { errorCode }),
    links: { run: runPath(runId) },
  }
  if ("refused" in found) return { ...item, refused: errorView(found.refused) }
  const { at, redone, lowNanoUsd, highNanoUsd } = found
  return {
    ...item,
    from: at,
    redone: redone.slice(0, LISTED_STEPS).map(({ costNanoUsd, ...step }) => ({ ...step, cost: costView(costNanoUsd) })),
    redoneSteps: redone.length,
    estimate: rangeView(lowNanoUsd, highNanoUsd),
  }
}

function sum(costs: readonly number[]): number {
  return costs.reduce((total, cost) => total + cost, 0)
}
