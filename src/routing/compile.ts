/**
 * Compiles a routing configuration: checks its shape and every name in it, resolves aliases, fills in defaults.
 * Invariants: an invalid configuration yields an error and nothing else; equal sources have equal versions;
 * `compileRouting(compiled.source)` equals `compiled`.
 */
import { sha256 } from "../lib/digest.ts"
import { durationMs } from "../lib/duration.ts"
import { WaybillError } from "../lib/errors.ts"
import { canonicalJson, isJsonObject, toJson } from "../lib/json.ts"
import { MAX_OPERATION_ATTEMPTS } from "../lib/limits.ts"
import type { CompiledCandidate, CompiledModel, CompiledRoute, CompiledRouting, CompiledRule } from "./compiled.ts"
import type { CandidateConfig, ModelConfig, RouteConfig, RoutingConfig, RuleConfig } from "./config.ts"
import { modelNamed } from "./model-named.ts"
import { checkNames } from "./names.ts"
import { parseShape, type RoutingIssue } from "./schema.ts"

const DEFAULTS = {
  candidateAttempts: 2,
  attemptMs: 120_000,
  totalMs: 600_000,
  backoff: { delayMs: 500, factor: 2, maxDelayMs: 30_000 },
  hedgeMax: 2,
  breaker: { failures: 5, cooldownMs: 30_000 },
  onInvalid: ["repair", "reask", "next"],
} as const

/**
 * Compiles `source` (any JSON). `providers`: the ids that exist; when given, a model of another provider is an error too.
 * Throws `routing_invalid` with the path of the first issue, and all of them in `details.issues`.
 */
export function compileRouting(source: unknown, providers?: readonly string[]): CompiledRouting {
  const shape = parseShape(source)
  if ("issues" in shape) throw routingInvalid(shape.issues)
  const issues = checkNames(shape.config, providers)
  if (issues.length > 0) throw routingInvalid(issues)
  return compile(shape.config)
}

function routingInvalid(issues: readonly RoutingIssue[]): WaybillError {
  const [first] = issues
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ""
  return new WaybillError("routing_invalid", `${first?.path}: ${first?.message}${more}`, { path: first?.path, issues })
}

function compile(config: RoutingConfig): CompiledRouting {
  const source = toJson(config, "routing")
  const models = Object.fromEntries(
    Object.entries(config.models ?? {}).map(([alias, entry]) => [alias, compileModel(entry)]),
  )
  const resolve = (ref: string): CompiledModel => modelNamed(ref, { models }) ?? compileModel(ref)
  return {
    version: sha256(canonicalJson(source)).slice(0, 16),
    source: isJsonObject(source) ? source : {},
    models,
    routes: Object.fromEntries(
      Object.entries(config.routes).map(([name, route]) => [name, compileRoute(route, resolve)]),
    ),
    rules: (config.rules ?? []).map((rule) => compileRule(rule, resolve)),
    redact: config.redact ?? [],
    budgets: config.budgets ?? [],
    limits: config.limits ?? [],
    providers: config.providers ?? {},
    media: { pdf: config.media?.pdf ?? "native" },
    breaker: {
      failures: config.breaker?.failures ?? DEFAULTS.breaker.failures,
      cooldownMs: durationMs(config.breaker?.cooldown ?? DEFAULTS.breaker.cooldownMs),
    },
  }
}

function compileModel(entry: string | ModelConfig): CompiledModel {
  const { model: key, region, ...settings } = typeof entry === "string" ? { model: entry } : entry
  const slash = key.indexOf("/")
  return {
    key,
    provider: key.slice(0, slash),
    model: key.slice(slash + 1),
    ...(region === undefined ? {} : { regions: list(region) }),
    ...settings,
  }
}

type Resolve = (ref: string) => CompiledModel

function compileRoute(route: RouteConfig, resolve: Resolve): CompiledRoute {
  const timeout = typeof route.timeout === "object" ? route.timeout : { total: route.timeout ?? DEFAULTS.totalMs }
  return {
    try: route.try.map((entry) => compileCandidate(entry, resolve)),
    timeout: {
      ...(timeout.firstToken === undefined ? {} : { firstTokenMs: durationMs(timeout.firstToken) }),
      ...(timeout.idle === undefined ? {} : { idleMs: durationMs(timeout.idle) }),
      attemptMs: durationMs(timeout.attempt ?? DEFAULTS.attemptMs),
      totalMs: durationMs(timeout.total ?? DEFAULTS.totalMs),
    },
    cacheMs: durationMs(route.cache ?? 0),
    onInvalid: route.onInvalid ?? DEFAULTS.onInvalid,
    onRefusal: route.onRefusal ?? "next",
    attempts: route.attempts ?? MAX_OPERATION_ATTEMPTS,
    backoff: {
      delayMs: durationMs(route.backoff?.delay ?? DEFAULTS.backoff.delayMs),
      factor: route.backoff?.factor ?? DEFAULTS.backoff.factor,
      maxDelayMs: durationMs(route.backoff?.maxDelay ?? DEFAULTS.backoff.maxDelayMs),
    },
    ...(route.hedge
      ? { hedge: { afterMs: durationMs(route.hedge.after), max: route.hedge.max ?? DEFAULTS.hedgeMax } }
      : {}),
    ...(route.split ? { split: compileSplit(route.split, resolve) } : {}),
    ...(route.prefer ? { prefer: route.prefer } : {}),
    ...(route.maxUsd === undefined ? {} : { maxNanoUsd: Math.round(route.maxUsd * 1e9) }),
  }
}

function compileCandidate(entry: string | CandidateConfig, resolve: Resolve): CompiledCandidate {
  const config = typeof entry === "string" ? { model: entry } : entry
  return {
    model: resolve(config.model),
    attempts: config.attempts ?? DEFAULTS.candidateAttempts,
    ...(config.when ? { when: config.when } : {}),
  }
}

function compileSplit(split: NonNullable<RouteConfig["split"]>, resolve: Resolve): NonNullable<CompiledRoute["split"]> {
  const arms = Object.entries(split.arms).map(([ref, weight]) => ({
    name: ref,
    model: resolve(ref),
    weight: weight ?? 0,
  }))
  return { experiment: split.experiment, by: split.by, arms }
}

function compileRule(rule: RuleConfig, resolve: Resolve): CompiledRule {
  const { region, provider } = rule.require ?? {}
  return {
    ...(rule.when ? { when: rule.when } : {}),
    ...(rule.require
      ? {
          require: {
            ...(region === undefined ? {} : { region: list(region) }),
            ...(provider === undefined ? {} : { provider: list(provider) }),
          },
        }
      : {}),
    ...(rule.use === undefined ? {} : { use: list(rule.use).map(resolve) }),
  }
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value
}
