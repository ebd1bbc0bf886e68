/**
 * One call of a business endpoint, from arrival to answer: the call book, the injected fault, the idempotency key and
 * the work, in that order.
 * Invariants:
 * 1. The work, its idempotency record and its line in the call book are one transaction.
 * 2. Two requests under one key never run at once: the second gets a 409 while the first is still at work.
 */
import type { DatabaseSync } from "node:sqlite"
import { billing } from "./billing.ts"
import { bookCall, settleCall } from "./calls.ts"
import { transaction } from "./database.ts"
import type { Endpoint, Prepared } from "./endpoint.ts"
import { SandboxError } from "./errors.ts"
import type { Fault, Faults } from "./faults.ts"
import { helpdesk } from "./helpdesk.ts"
import { type Answer, checkKey, execute, executeOnce } from "./idempotency.ts"

export const businessEndpoints: readonly Endpoint[] = [...billing, ...helpdesk]

/** What a call needs of the running service. */
export interface Service {
  readonly db: DatabaseSync
  readonly faults: Faults
  /** Idempotency keys whose requests have arrived and are not done. */
  readonly keysAtWork: Set<string>
  nowMs(): number
  /** Waits; never ends when the service closes first. */
  pause(delayMs: number): Promise<void>
}

export interface BusinessCall {
  readonly endpoint: Endpoint
  /** The Idempotency-Key header, counted on every call and honoured on POST. */
  readonly key: string | undefined
  readonly parameters: () => Promise<Readonly<Record<string, unknown>>>
}

/** The answer, or "drop" when a fault says that the connection must be dropped now that the work is done. */
export async function answerBusinessCall(service: Service, call: BusinessCall): Promise<Answer | "drop"> {
  const { endpoint, key } = call
  const number = bookCall(service.db, endpoint.name, key)
  const fault = service.faults.take(endpoint.name)
  const onceKey = endpoint.name.startsWith("POST ") ? key : undefined
  let answer: Answer
  try {
    const parameters = await call.parameters()
    if (fault?.mode === "error") throw injectedError(fault)
    if (onceKey !== undefined) checkKey(onceKey)
    const prepared = endpoint.prepare(parameters)
    answer = await whileHolding(service, onceKey, async () => {
      if (fault?.mode === "delay") await service.pause(fault.delayMs)
      return work(service, number, prepared, onceKey)
    })
  } catch (error) {
    if (service.db.isOpen) settleCall(service.db, number, "failed")
    throw error
  }
  if (fault?.mode === "delay-after-write") await service.pause(fault.delayMs)
  return fault?.mode === "drop-after-write" ? "drop" : answer
}

function work(service: Service, number: number, prepared: Prepared, key: string | undefined): Answer {
  const context = { db: service.db, nowMs: service.nowMs() }
  return transaction(service.db, () => {
    const answer = key === undefined ? execute(prepared, context) : executeOnce(prepared, key, context)
    settleCall(service.db, number, answer.replayed ? "replayed" : answer.status < 400 ? "executed" : "failed")
    return answer
  })
}

async function whileHolding(service: Service, key: string | undefined, body: () => Promise<Answer>): Promise<Answer> {
  if (key === undefined) return body()
  if (service.keysAtWork.has(key))
    throw new SandboxError(
      409,
      "idempotency_key_in_use",
      `Another request with the Idempotency-Key '${key}' is still in progress. Try again when it is done.`,
      { type: "idempotency_error" },
    )
  service.keysAtWork.add(key)
  try {
    return await body()
  } finally {
    service.keysAtWork.delete(key)
  }
}

function injectedError({ status, endpoint }: Fault): SandboxError {
  const type = status === 429 ? "rate_limit_error" : status >= 500 ? "api_error" : "invalid_request_error"
  return new SandboxError(status, "injected_fault", `A test asked ${endpoint} to fail with ${status}.`, { type })
}
