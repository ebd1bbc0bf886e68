/**
 * Hiding values in the rows of a log. What people and models wrote is put through `hide`; names, numbers, digests and what a
 * replay goes by stay as they are. Digests of requests are taken anew, so that a replay still finds its answers.
 */
import { isBlobRef } from "../lib/blob-ref.ts"
import { isJsonArray, isJsonObject, type Json, type JsonObject, toJson } from "../lib/json.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import { EMPTY_HEAD, type EventRow } from "../run/chain.ts"
import type { NewEvent } from "../run/event.ts"
import { fromRow, toRow } from "../run/event-row.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalize, externalizeWhole, internalize } from "../store/values.ts"

/** Members of an event that hold what people, tools and models wrote. */
const CONTENT = new Set([
  "input",
  "output",
  "payload",
  "request",
  "response",
  "error",
  "message",
  "summary",
  "prompt",
  "reason",
  "user",
  "by",
  "approvers",
  "tags",
])

export class Hider {
  readonly #hide: (text: string) => string
  readonly #blobs: BlobStore
  #head = EMPTY_HEAD
  /** What the steps that are under way were given, by path: an operation without a request asked just that. */
  readonly #inputs = new Map<string, Json>()

  constructor(hide: (text: string) => string, blobs: BlobStore) {
    this.#hide = hide
    this.#blobs = blobs
  }

  /** The row with its values hidden, chained to the one before. Rows must come in order. */
  async row(row: EventRow): Promise<EventRow> {
    const event = fromRow(row)
    const data = await this.#data(toJson(event.data) as JsonObject)
    if (event.type === "step.started" && data.whole.input !== undefined) this.#inputs.set(event.path, data.whole.input)
    const record = event.type === "operation.completed" ? this.#record(event.path, data.whole) : undefined
    const shown = { ...data.stored, ...(record ? { record } : {}) }
    const hidden = toRow(this.#head, { ...event, data: shown } as unknown as NewEvent, row.at_ms)
    this.#head = { seq: hidden.seq, hash: hidden.hash }
    return hidden
  }

  /** The members with their texts hidden: as they are, and as a log holds them. */
  async #data(data: JsonObject): Promise<{ readonly whole: JsonObject; readonly stored: JsonObject }> {
    const whole: Record<string, Json> = {}
    const stored: Record<string, Json> = {}
    for (const [key, member] of Object.entries(data)) {
      const value = CONTENT.has(key) ? this.#value(await internalize(member, this.#blobs)) : member
      whole[key] = value
      stored[key] = CONTENT.has(key) ? await this.#stored(key, value) : value
    }
    return { whole, stored }
  }

  /** Requests and responses are kept whole, or as one reference: their readers expect the one or the other. */
  async #stored(key: string, value: Json): Promise<Json> {
    const isWhole = (key === "request" || key === "response") && typeof value === "object" && value !== null
    return isWhole ? toJson(await externalizeWhole(value, this.#blobs)) : externalize(value, this.#blobs)
  }

  #record(path: string, { record, request }: JsonObject): Json {
    const asked = request ?? this.#inputs.get(path)
    const plain = isJsonObject(record) ? record : {}
    const { attempts, decision } = plain
    return {
      ...plain,
      ...(asked === undefined ? {} : { requestDigest: operationDigest(asked as unknown as Operation) }),
      ...(attempts !== undefined && isJsonArray(attempts)
        ? { attempts: attempts.map((one) => this.#attempt(one)) }
        : {}),
      // What a decision was made from names the user and the tenant.
      ...(isJsonObject(decision) ? { decision: withoutFacts(decision) } : {}),
    }
  }

  /** What a provider says of a failure may repeat the request. */
  #attempt(attempt: Json): Json {
    if (!isJsonObject(attempt) || attempt.failure === undefined) return attempt
    return { ...attempt, failure: this.#value(attempt.failure) }
  }

  #value(value: Json): Json {
    if (typeof value === "string") return this.#hide(value)
    if (isBlobRef(value)) return value
    if (isJsonArray(value)) return value.map((item) => this.#value(item))
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.#value(member)]))
  }
}

function withoutFacts({ facts: _facts, ...decision }: JsonObject): Json {
  return decision
}
