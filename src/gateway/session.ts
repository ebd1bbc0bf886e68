/**
 * One operation under way: what it is decided on, its attempts so far, and what became of it. It calls nobody.
 * Invariant: routing decides anew before every attempt, so rules that look at `step.failures` and breakers that opened
 * meanwhile take part.
 */
import type { OperationContext, OperationOptions } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"
import type { Operation } from "../model/operation.ts"
import type { Attempt } from "../model/record.ts"
import type { CompiledCandidate, CompiledModel, CompiledRoute } from "../routing/compiled.ts"
import { decide, type Ranking } from "../routing/decide.ts"
import type { RoutingFacts } from "../routing/facts.ts"
import type { CacheEntry } from "./cache.ts"
import type { Reply } from "./call.ts"
import { type BadAnswer, Candidates } from "./candidates.ts"
import { SERVED } from "./decision.ts"
import { DeltaGate } from "./delta-gate.ts"
import { inputTokens } from "./estimate.ts"
import { fieldValues, routingFacts } from "./facts.ts"
import { type RedactionPlan, redactionPlan } from "./redaction.ts"
import { Requests } from "./request.ts"
import { type Services, worstNanoUsd } from "./services.ts"

export class Session {
  readonly operation: Operation
  readonly context: OperationContext
  readonly options: OperationOptions
  readonly services: Services
  readonly startedAtMs: number
  readonly inputTokens: number
  readonly attempts: Attempt[] = []
  readonly candidates: Candidates
  readonly redaction: RedactionPlan
  readonly requests: Requests
  readonly deltas: DeltaGate
  #numbered = 0
  #winner: CacheEntry | undefined
  #first: { readonly ranking: Ranking; readonly facts: RoutingFacts } | undefined

  constructor(operation: Operation, context: OperationContext, options: OperationOptions, services: Services) {
    this.operation = operation
    this.context = context
    this.options = options
    this.services = services
    this.startedAtMs = services.clock.nowMs()
    this.inputTokens = inputTokens(operation)
    const answerTokens = operation.type === "generate" ? (operation.maxOutputTokens ?? 0) : 0
    const tokens = this.inputTokens + answerTokens
    this.candidates = new Candidates(services, { tokens, deadlineMs: (route) => this.deadlineMs(route) })
    const values = fieldValues({ context, operation, inputTokens: this.inputTokens, failures: 0 })
    this.redaction = redactionPlan(services.routing.redact, values)
    this.requests = new Requests(operation, {
      loadMedia: options.loadMedia,
      redaction: this.redaction,
      pdfText: services.pdfText,
    })
    this.deltas = new DeltaGate(options.onDelta)
  }

  /** The number of an attempt that is made in fact. */
  nextNumber(): number {
    this.#numbered += 1
    return this.#numbered
  }

  /** Decides on what is known now; undefined when no route applies. */
  rank(): Ranking | undefined {
    const { services, operation, inputTokens: tokens } = this
    const { instead } = this.candidates
    const context = instead === undefined ? this.context : { ...this.context, model: instead }
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
    return { ...this.#first, routingVersion: this.services.routing.version, tried: this.candidates.fates }
  }

  /** When everything must be over. */
  deadlineMs(route: CompiledRoute): number {
    return Math.min(this.startedAtMs + route.timeout.totalMs, this.context.deadlineMs ?? Number.POSITIVE_INFINITY)
  }

  served(candidate: CompiledCandidate, reply: Reply): void {
    this.candidates.fate(candidate, SERVED)
    this.#winner = { model: candidate.model.key, reply }
  }

  /** The reply that served the operation, and whose it is. */
  get winner(): CacheEntry | undefined {
    return this.#winner
  }

  /** An attempt answered after another had: nobody uses its answer, and it is paid for. */
  outrun(number: number): void {
    const place = this.attempts.findIndex(({ attempt }) => attempt === number)
    const record = this.attempts[place]
    const failure = { class: "cancelled" as const, message: "Another attempt answered first." }
    if (record) this.attempts[place] = { ...record, outcome: "aborted", failure }
  }

  /** Draws the consequences of a failed attempt. */
  learn(candidate: CompiledCandidate, ranking: Ranking, failure: Failure, answer: BadAnswer): void {
    this.candidates.learn(candidate, ranking, failure, answer)
    if (this.options.commitOnDelta && this.deltas.delivered) this.candidates.stop()
  }
}
