/**
 * What the tries of one operation led to, candidate by candidate, and whom to try next. It decides and remembers; it calls
 * nobody. Invariants: the attempts of one operation never exceed its route's cap; nobody is asked before it may be asked.
 */
import type { Failure } from "../model/failure.ts"
import type { Message } from "../model/message.ts"
import type { CompiledCandidate, CompiledRoute } from "../routing/compiled.ts"
import type { Ranking } from "../routing/decide.ts"
import { waitMs } from "./backoff.ts"
import { LIMITED, TOO_SMALL } from "./decision.ts"
import { FAILURE_POLICIES } from "./failure-policy.ts"
import { contextTokensOf, type Services } from "./services.ts"
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
  purpose: string | undefined
}

/** What is known of a failed attempt beyond its failure. */
export interface BadAnswer {
  /** The text that would not do, and what its model is told about it. */
  readonly text: string
  readonly problem: string
  /** It was the schema that was refused: the same model may be asked in words. */
  readonly inWords: boolean
}

export interface Pick {
  readonly candidate: CompiledCandidate
  readonly turns: readonly Message[]
  /** Not before this time. */
  readonly waitUntilMs: number
  /** Why it is asked, beyond answering. */
  readonly purpose?: string
}

export interface OperationLimits {
  /** The most tokens that question and answer may take together. */
  readonly tokens: number
  deadlineMs(route: CompiledRoute): number
}

export class Candidates {
  readonly #services: Services
  readonly #limits: OperationLimits
  /** Attempts begun, finished or not. */
  #begun = 0
  /** Set when no further attempt may be made. */
  #stopped = false
  #failure: Failure | undefined
  /** The largest context that was too small. */
  #overflowed: number | undefined
  /** A model that a budget allows instead. */
  #instead: string | undefined
  readonly #fates = new Map<string, string>()
  readonly #states = new Map<string, CandidateState>()

  constructor(services: Services, limits: OperationLimits) {
    this.#services = services
    this.#limits = limits
  }

  /** The last failure, whoever it was that failed. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  get instead(): string | undefined {
    return this.#instead
  }

  /** What became of each candidate that was looked at, in that order. */
  get fates(): ReadonlyMap<string, string> {
    return this.#fates
  }

  /** Takes one of the attempts that the route allows. */
  begin(): void {
    this.#begun += 1
  }

  /** What was begun came to no attempt. */
  withdraw(): void {
    this.#begun -= 1
  }

  /** No further attempt may be made. */
  stop(): void {
    this.#stopped = true
  }

  /** What became of a candidate, for the record. */
  fate({ model }: CompiledCandidate, fate: string): void {
    this.#fates.set(model.key, fate)
  }

  /**
   * Whom to try next, leaving out `busy` ones; undefined when nobody is left. One that has to wait longer than it is worth
   * is passed over as long as there is another.
   */
  pick(ranking: Ranking, busy: ReadonlySet<string> = new Set()): Pick | undefined {
    if (this.#stopped || this.#begun >= ranking.route.attempts) return undefined
    const nowMs = this.#services.clock.nowMs()
    const latestMs = Math.min(nowMs + ranking.route.backoff.maxDelayMs, this.#limits.deadlineMs(ranking.route) - 1)
    let earliest: Pick | undefined
    for (const { candidate, struck } of ranking.candidates) {
      const { key } = candidate.model
      if (struck !== undefined || busy.has(key)) continue
      const { over, turns, waitUntilMs, purpose } = this.#state(key)
      if (over || this.#isTooSmall(candidate)) continue
      const atMs = Math.max(waitUntilMs, this.#readyAtMs(candidate))
      const pick = { candidate, turns, waitUntilMs: atMs, ...(purpose === undefined ? {} : { purpose }) }
      if (atMs <= nowMs || atMs <= latestMs) return pick
      if (!this.#fates.has(key)) this.fate(candidate, LIMITED)
      if (!earliest || atMs < earliest.waitUntilMs) earliest = pick
    }
    return earliest
  }

  /** When the first breaker lets a probe through, if breakers are all that stands in the way; else undefined. */
  reopensAtMs(ranking: Ranking): number | undefined {
    if (this.#stopped || this.#begun >= ranking.route.attempts) return undefined
    const { health, clock } = this.#services
    const times = ranking.candidates
      .filter(({ candidate, struck }) => struck === "breaker_open" && !this.#state(candidate.model.key).over)
      .map(({ candidate }) => health.of(candidate.model.key).openUntilMs ?? clock.nowMs())
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Draws the consequences of a failed attempt. */
  learn(candidate: CompiledCandidate, ranking: Ranking, failure: Failure, answer: BadAnswer): void {
    const state = this.#state(candidate.model.key)
    this.#failure = failure
    this.fate(candidate, failure.class)
    state.failed += 1
    state.tries += 1
    if (answer.inWords) {
      state.purpose = "instruct"
      state.tries -= 1
      return
    }
    if (failure.class === "request.too_long") this.#overflow(candidate)
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

  /** The candidate cannot be asked after all. */
  ruleOut(candidate: CompiledCandidate, failure: Failure): void {
    this.withdraw()
    this.#failure = failure
    this.fate(candidate, failure.class)
    this.#state(candidate.model.key).over = true
  }

  /** A budget refuses this model: `use` is what it allows instead, if anything. */
  refused(candidate: CompiledCandidate, failure: Failure, use: string | undefined): void {
    this.ruleOut(candidate, failure)
    if (use === undefined || use === this.#instead || this.#state(use).over) this.#stopped = true
    else this.#instead = use
  }

  #retry(candidate: CompiledCandidate, ranking: Ranking, state: CandidateState, failure: Failure): void {
    const { clock, random } = this.#services
    const { backoff, timeout } = ranking.route
    const nowMs = clock.nowMs()
    // What was asked of one key binds no other, and the key to be used next may have to wait less, or longer.
    const askedMs = FAILURE_POLICIES[failure.class].otherKey
      ? this.#readyAtMs(candidate) - nowMs
      : (failure.retryAfterMs ?? 0)
    const wait = waitMs(backoff, state.failed, askedMs, random)
    const leftMs = this.#limits.deadlineMs(ranking.route) - nowMs
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
      state.purpose = "reask"
      state.tries -= 1
    } else if (route.onInvalid.includes("next")) state.over = true
    else this.#stopped = true
  }

  #overflow({ model }: CompiledCandidate): void {
    const contextTokens = contextTokensOf(model, this.#services)
    if (contextTokens !== undefined) this.#overflowed = Math.max(contextTokens, this.#overflowed ?? 0)
  }

  /** What was too long for one context is too long for every other that is not larger; what surely fits is asked all the same. */
  #isTooSmall(candidate: CompiledCandidate): boolean {
    if (this.#overflowed === undefined) return false
    const contextTokens = contextTokensOf(candidate.model, this.#services) ?? Number.POSITIVE_INFINITY
    const tooSmall = contextTokens <= this.#overflowed && contextTokens < this.#limits.tokens
    if (tooSmall && !this.#fates.has(candidate.model.key)) this.fate(candidate, TOO_SMALL)
    return tooSmall
  }

  #useOtherKey(candidate: CompiledCandidate, state: CandidateState): boolean {
    if (state.otherKeys + 1 >= this.#keyCount(candidate)) return false
    state.otherKeys += 1
    state.tries -= 1
    return true
  }

  #readyAtMs(candidate: CompiledCandidate): number {
    return this.#services.keys.readyAtMs(candidate.model, this.#keyCount(candidate))
  }

  #keyCount({ model }: CompiledCandidate): number {
    return this.#services.catalogue.entry(model.provider)?.keys.length ?? 0
  }

  #state(key: string): CandidateState {
    let state = this.#states.get(key)
    if (!state) {
      state = { tries: 0, failed: 0, otherKeys: 0, over: false, waitUntilMs: 0, turns: [], purpose: undefined }
      this.#states.set(key, state)
    }
    return state
  }
}
