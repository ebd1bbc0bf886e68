/**
 * One operation under way: who may be tried next, what each candidate's tries led to, and when to stop. It decides and
 * remembers; it calls nobody. Invariants: routing decides anew before every attempt, so rules that look at
 * `step.failures` and breakers that opened meanwhile take part; the attempts of one operation never exceed its route's cap.
 */
import type { OperationContext, OperationOptions } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"
import type { Message } from "../model/message.ts"
import type { Operation } from "../model/operation.ts"
import type { Attempt } from "../model/record.ts"
import type { CompiledCandidate, CompiledModel, CompiledRoute } from "../routing/compiled.ts"
import { decide, type Ranking } from "../routing/decide.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import { waitMs } from "./backoff.ts"
import type { CacheEntry } from "./cache.ts"
import type { Reply } from "./call.ts"
import { SERVED } from "./decision.ts"
import { DeltaGate } from "./delta-gate.ts"
import { inputTokens } from "./estimate.ts"
import { fieldValues, routingFacts } from "./facts.ts"
import { FAILURE_POLICIES } from "./failure-policy.ts"
import { type RedactionPlan, redactionPlan } from "./redaction.ts"
import { Requests } from "./request.ts"
import { type Services, worstNanoUsd } from "./services.ts"
import { reaskTurns } from "./structured.ts"

/** What a candidate's tries led to so far. */
interface CandidateState {
  /** Tries that count against the candidate's own limit. */
  tries: number
  failed: number
  /** Keys beyond the first that were tried. */
  otherKeys: number
  over: boolean
  waitUntilMs: number
  /** Turns that the next try adds to the conversation. */
  turns: readonly Message[]
}

export interface BadAnswer {
  readonly text: string
  readonly problem: string
}

export interface Pick {
  readonly candidate: CompiledCandidate
  readonly turns: readonly Message[]
  /** Not before this time. */
  readonly waitUntilMs: number
}

export class Session {
  readonly operation: Operation
  readonly context: OperationContext
  readonly options: OperationOptions
  readonly services: Services
  readonly startedAtMs: number
  readonly inputTokens: number
  readonly attempts: Attempt[] = []
  readonly redaction: RedactionPlan
  readonly requests: Requests
  readonly deltas: DeltaGate
  /** Attempts begun, finished or not. */
  #begun = 0
  #numbered = 0
  /** Set when no further attempt may be made. */
  #stopped = false
  #failure: Failure | undefined
  #winner: CacheEntry | undefined
  /** A model that a budget allows instead. */
  #instead: string | undefined
  #first: { readonly ranking: Ranking; readonly facts: RoutingFacts } | undefined
  readonly #tried = new Map<string, string>()
  readonly #states = new Map<string, CandidateState>()

  constructor(operation: Operation, context: OperationContext, options: OperationOptions, services: Services) {
    this.operation = operation
    this.context = context
    this.options = options
    this.services = services
    this.startedAtMs = services.clock.nowMs()
    this.inputTokens = inputTokens(operation)
    const values = fieldValues({ context, operation, inputTokens: this.inputTokens, failures: 0 })
    this.redaction = redactionPlan(services.routing.redact, values)
    this.requests = new Requests(operation, {
      loadMedia: options.loadMedia,
      redaction: this.redaction,
      pdfText: services.pdfText,
    })
    this.deltas = new DeltaGate(options.onDelta)
  }

  /** The last failure, whoever it was that failed. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Takes one of the attempts that the route allows; `ruleOut` gives it back. */
  begin(): void {
    this.#begun += 1
  }

  /** The number of an attempt that is made in fact. */
  nextNumber(): number {
    this.#numbered += 1
    return this.#numbered
  }

  /** Decides on what is known now; undefined when no route applies. */
  rank(): Ranking | undefined {
    const { services, operation, inputTokens: tokens } = this
    const context = this.#instead === undefined ? this.context : { ...this.context, model: this.#instead }
    const failures = this.attempts.filter(({ outcome }) => outcome === "failed").length
    const facts = routingFacts(
      { operation, context, inputTokens: tokens, failures, blocked: (provider) => this.requests.blockedFor(provider) },
      { ...services, worstNanoUsd: (model) => (services.pricesMatter ? this.worstNanoUsd(model) : undefined) },
    )
    const ranking = decide(facts, services.routing)
    if (ranking) this.#first ??= { ranking, facts }
    return ranking
  }

  /** The most that one attempt with `model` can cost; undefined when no price is known. */
  worstNanoUsd(model: CompiledModel): number | undefined {
    const maxOutputTokens = this.operation.type === "generate" ? this.operation.maxOutputTokens : 0
    return worstNanoUsd(model, this.inputTokens, maxOutputTokens, this.services)
  }

  /** The first ranking, with what became of each candidate. */
  get explained() {
    if (!this.#first) return undefined
    return { ...this.#first, routingVersion: this.services.routing.version, tried: this.#tried }
  }

  /** When everything must be over. */
  deadlineMs(route: CompiledRoute): number {
    return Math.min(this.startedAtMs + route.timeout.totalMs, this.context.deadlineMs ?? Number.POSITIVE_INFINITY)
  }

  /** Whom to try next, leaving out `busy` ones; undefined when nobody is left. */
  pick(ranking: Ranking, busy: ReadonlySet<string> = new Set()): Pick | undefined {
    if (this.#stopped || this.#begun >= ranking.route.attempts) return undefined
    for (const { candidate, struck } of ranking.candidates) {
      const { key } = candidate.model
      const { over, turns, waitUntilMs } = this.#state(key)
      if (struck === undefined && !over && !busy.has(key)) return { candidate, turns, waitUntilMs }
    }
    return undefined
  }

  /** When the first breaker lets a probe through, if breakers are all that stands in the way; else undefined. */
  reopensAtMs(ranking: Ranking): number | undefined {
    if (this.#stopped || this.#begun >= ranking.route.attempts) return undefined
    const times = ranking.candidates
      .filter(({ candidate, struck }) => struck === "breaker_open" && !this.#state(candidate.model.key).over)
      .map(({ candidate }) => this.services.health.of(candidate.model.key).openUntilMs ?? this.services.clock.nowMs())
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** What became of a candidate, for the record. */
  fate(candidate: CompiledCandidate, fate: string): void {
    this.#tried.set(candidate.model.key, fate)
  }

  served(candidate: CompiledCandidate, reply: Reply): void {
    this.fate(candidate, SERVED)
    this.#winner = { model: candidate.model.key, reply }
  }

  /** The reply that served the operation, and whose it is. */
  get winner(): CacheEntry | undefined {
    return this.#winner
  }

  /** Draws the consequences of a failed attempt. `answer`: the text that would not do, and what its model is told about it. */
  learn(candidate: CompiledCandidate, ranking: Ranking, failure: Failure, answer: BadAnswer): void {
    const state = this.#state(candidate.model.key)
    this.#failure = failure
    this.#tried.set(candidate.model.key, failure.class)
    state.failed += 1
    state.tries += 1
    if (this.options.commitOnDelta && this.deltas.delivered) this.#stopped = true
    const policy = FAILURE_POLICIES[failure.class]
    if (policy.otherKey && this.#useOtherKey(candidate, state)) return
    switch (policy.then) {
      case "retry":
        return this.#retry(candidate, ranking, state, failure)
      case "next":
        state.over = true
        return
      case "refusal":
        if (ranking.route.onRefusal === "next") state.over = true
        else this.#stopped = true
        return
      case "ladder":
        return this.#climb(ranking.route, state, answer)
      case "stop":
        this.#stopped = true
    }
  }

  /** A budget refuses this model: `use` is what it allows instead, if anything. */
  /** The candidate cannot be asked after all. */
  ruleOut(candidate: CompiledCandidate, failure: Failure): void {
    this.#begun -= 1
    this.#failure = failure
    this.#tried.set(candidate.model.key, failure.class)
    this.#state(candidate.model.key).over = true
  }

  refused(candidate: CompiledCandidate, failure: Failure, use: string | undefined): void {
    this.ruleOut(candidate, failure)
    if (use === undefined || use === this.#instead || this.#state(use).over) this.#stopped = true
    else this.#instead = use
  }

  #retry(candidate: CompiledCandidate, ranking: Ranking, state: CandidateState, failure: Failure): void {
    const { clock, random } = this.services
    const { backoff, timeout } = ranking.route
    const wait = waitMs(backoff, state.failed, failure.retryAfterMs, random)
    const nowMs = clock.nowMs()
    const leftMs = this.deadlineMs(ranking.route) - nowMs
    const othersLeft = ranking.candidates.some(
      ({ candidate: other, struck }) =>
        struck === undefined && other.model.key !== candidate.model.key && !this.#state(other.model.key).over,
    )
    state.over =
      state.tries >= candidate.attempts ||
      wait >= leftMs ||
      // A model that took all the time it had would do so again.
      (failure.class === "provider.timeout" && leftMs < timeout.attemptMs && othersLeft) ||
      (wait > backoff.maxDelayMs && othersLeft)
    state.waitUntilMs = nowMs + wait
  }

  #climb(route: CompiledRoute, state: CandidateState, { text, problem }: BadAnswer): void {
    if (route.onInvalid.includes("reask") && state.turns.length === 0) {
      state.turns = reaskTurns(text, problem)
      state.tries -= 1
    } else if (route.onInvalid.includes("next")) state.over = true
    else this.#stopped = true
  }

  #useOtherKey(candidate: CompiledCandidate, state: CandidateState): boolean {
    const keys = this.services.catalogue.entry(candidate.model.provider)?.keys ?? []
    if (state.otherKeys + 1 >= keys.length) return false
    state.otherKeys += 1
    state.tries -= 1
    return true
  }

  #state(key: string): CandidateState {
    let state = this.#states.get(key)
    if (!state) {
      state = { tries: 0, failed: 0, otherKeys: 0, over: false, waitUntilMs: 0, turns: [] }
      this.#states.set(key, state)
    }
    return state
  }
}
