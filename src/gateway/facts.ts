/** Gathers what a decision is made from: the situation of the step, and what is known of each reachable candidate now. */
import type { OperationContext } from "../model/client.ts"
import type { Operation } from "../model/operation.ts"
import type { CompiledModel, CompiledRouting } from "../routing/compiled.ts"
import { reachableModels } from "../routing/decide.ts"
import type { CandidateFacts, RoutingFacts } from "../routing/facts.ts"
import type { FieldValues } from "../routing/fields.ts"
import type { Catalogue } from "./catalogue.ts"
import { type Needs, needsOf, unfitness } from "./fitness.ts"
import type { Health } from "./health.ts"

export interface FactSources {
  readonly routing: CompiledRouting
  readonly catalogue: Catalogue
  readonly health: Health
  /** Worst-case cost of the operation on a model; undefined when no price is known. */
  readonly worstNanoUsd: (model: CompiledModel) => number | undefined
}

export interface Situation {
  readonly operation: Operation
  readonly context: OperationContext
  readonly inputTokens: number
  /** Failed attempts of this operation so far: they count as failures of the step. */
  readonly failures: number
}

export interface Candidacy extends Situation {
  /** What keeps the operation from being sent to a provider at all. */
  readonly blocked: (provider: string) => unknown
}

export function routingFacts(situation: Candidacy, sources: FactSources): RoutingFacts {
  const { operation, context } = situation
  const needs = needsOf(operation)
  const wishes = {
    ...(context.route === undefined ? {} : { route: context.route }),
    ...(context.model === undefined ? {} : { model: context.model }),
  }
  const facts = { ...wishes, values: fieldValues(situation) }
  const models = reachableModels(facts, sources.routing)
  const candidates = Object.fromEntries(
    models.map((model) => [model.key, candidateFacts(model, needs, situation, sources)]),
  )
  return { ...facts, candidates }
}

export function fieldValues({ operation, context, failures, inputTokens }: Situation): FieldValues {
  const needs = needsOf(operation)
  const { step, tenant, user, region } = context
  return {
    "run.id": context.runId,
    ...(region === undefined ? {} : { "run.region": region }),
    workflow: context.workflow,
    "step.name": step.name,
    "step.kind": step.kind,
    "step.path": step.path,
    "step.failures": step.failures + failures,
    "step.attempt": step.attempt,
    "tenant.id": tenant.id,
    ...(tenant.plan === undefined ? {} : { "tenant.plan": tenant.plan }),
    ...(user === undefined ? {} : { "user.id": user.id }),
    tags: context.tags,
    "operation.type": needs.type,
    "operation.media": needs.media,
    "operation.tools": needs.tools,
    "operation.schema": needs.schema,
    "operation.inputTokens": inputTokens,
  }
}

function candidateFacts(
  model: CompiledModel,
  needs: Needs,
  { blocked }: Candidacy,
  sources: FactSources,
): CandidateFacts {
  const { catalogue, health, routing } = sources
  const entry = catalogue.entry(model.provider)
  if (!entry) return { unfit: "unknown_provider" }
  if (entry.configuration.status === "not_configured") return { unfit: "not_configured" }
  const unfit = unfitness(needs, catalogue.capabilities(entry, model), routing.media.pdf === "text")
  if (unfit !== undefined) return { unfit }
  if (blocked(model.provider)) return { unfit: "redaction" }
  const regions = catalogue.regions(entry, model)
  const cost = sources.worstNanoUsd(model)
  return {
    ...(regions.length > 0 ? { regions } : {}),
    ...health.of(model.key),
    ...(cost === undefined ? {} : { costNanoUsd: cost }),
  }
}
