/**
 * What a fork would do and cost, before there is one: the recorded steps that it does again, with what they cost last time.
 * A run that failed never came to the steps behind its failure, so what those cost is read from other runs of the workflow
 * that came to their end: a range, from the cheapest of them to the dearest.
 */

import type { RecordedStep, Recording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { type CostReport, costReport, sumBy } from "../ledger/report.ts"
import type { StepKind } from "../steps/step-kind.ts"
import { eventsIn } from "../store/pages.ts"
import { type ForkRequest, planFork } from "./derive.ts"
import { comesAfter, copiedPaths } from "./fork.ts"

/** What the steps of a run cost, by their paths; what a step's child runs cost stands apart from what it paid itself. */
export type StepCosts = readonly { readonly path: string; readonly costNanoUsd: number }[]

/** A recorded step that is done again. */
export interface RedoneStep {
  readonly path: string
  readonly kind: string
  readonly tool?: string
  readonly effect?: string
  /** How it had ended. */
  readonly status: RecordedStep["status"]
  /** All its attempts together, but for calls that a crash lost. */
  readonly costNanoUsd: number
}

export interface ForkForecast {
  readonly at: string
  /** Of the recording; steps that it never came to are not among them. */
  readonly redone: readonly RedoneStep[]
  readonly lowNanoUsd: number
  readonly highNanoUsd: number
  /** How many other runs the range was read from. */
  readonly samples: number
}

/** Throws what is wrong with the fork, as `planFork` does. `samples`: of runs that succeeded. */
export function forkForecast(
  recording: Recording,
  workflow: Workflow,
  kinds: Readonly<Record<string, StepKind>>,
  request: ForkRequest,
  samples: readonly StepCosts[],
): ForkForecast {
  const { point } = planFork(recording, workflow, kinds, request)
  const isCopied = copiedPaths(point)
  const costs = new Map<string, number>()
  for (const { path, costNanoUsd } of stepCosts(costReport(eventsIn(recording.source))))
    costs.set(path, (costs.get(path) ?? 0) + costNanoUsd)
  const redone = [...recording.steps.values()]
    .filter(({ path, composite }) => !composite && !isCopied(path))
    .map((step) => redoneStep(step, costs.get(step.path) ?? 0))
  const own = sum(redone)
  const others = samples.map((sample) => sum(sample.filter(({ path }) => comesAfter(point, path))))
  return {
    at: point.at,
    redone,
    lowNanoUsd: others.length > 0 ? Math.min(...others) : own,
    highNanoUsd: Math.max(own, ...others),
    samples: samples.length,
  }
}

/**
 * Of the run whose ledger `report` is. A call that a crash lost is left out: what is booked for it is the most that it can have
 * cost, which says nothing of what the step costs.
 */
export function stepCosts({ entries, children }: CostReport): StepCosts {
  const known = entries.filter(({ category }) => category !== "unknown")
  return [...sumBy(known, ({ path }) => ({ path })), ...children].map(({ path, costNanoUsd }) => ({
    path,
    costNanoUsd,
  }))
}

function redoneStep({ path, kind, tool, effect, status }: RecordedStep, costNanoUsd: number): RedoneStep {
  return {
    path,
    kind,
    ...(tool === undefined ? {} : { tool }),
    ...(effect === undefined ? {} : { effect }),
    status,
    costNanoUsd,
  }
}

function sum(costs: StepCosts): number {
  return costs.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0)
}
