/**
 * Hiding values in the rows of a log. What people and models wrote is put through `hide`, and so are the names of tenants and
 * people; numbers of events, digests and what a replay goes by stay as they are. Digests of requests are taken anew, so that a
 * replay still finds its answers.
 */
import { isJsonArray, isJsonObject, type Json, type JsonObject, toJson } from "../lib/json.ts"
import { type Operation, operationDigest } from "../model/operation.ts"
import { EMPTY_HEAD, type EventRow } from "../run/chain.ts"
import type { NewEvent } from "../run/event.ts"
import { fromRow, toRow } from "../run/event-row.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalize, externalizeWhole, internalize } from "../store/values.ts"

/** What hides values: the same value behind the same stand-in, whenever it comes. */
export interface Hide {
  /** `value` with what must not be seen hidden, keys included; references to blobs as they are. */
  value(value: Json): Json
  /** What stands for the name of a tenant or a person. */
  name(name: string): string
}

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
  "form",
  "prompt",
  "reason",
  "by",
  "approvers",
  "tags",
  "stubs",
])

/** Members that say for whom the run is, by an `id`. */
const NAMED = new Set(["user", "tenant"])

export class Hider {
  readonly #hide: Hide
  readonly #blobs: BlobStore
  #head = EMPTY_HEAD
  /** What the steps that are under way were given, by path: an operation without a request asked just that. */
  readonly #inputs = new Map<string, Json>()

  constructor(hide: Hide, blobs: BlobStore) {
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
      const value = CONTENT.has(key)
        ? this.#hide.value(await internalize(member, this.#blobs))
        : this.#named(key, member)
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

  #named(key: string, member: Json): Json {
    const isNamed = NAMED.has(key) && isJsonObject(member) && typeof member.id === "string"
    return isNamed ? { ...member, id: this.#hide.name(String(member.id)) } : member
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
      ...(isJsonObject(decision) ? { decision: this.#decision(decision) } : {}),
    }
  }

  /** What a provider says of a failure may repeat the request. */
  #attempt(attempt: Json): Json {
    if (!isJsonObject(attempt)) return attempt
    const { failure, answer } = attempt
    return {
      ...attempt,
      ...(failure === undefined ? {} : { failure: this.#hide.value(failure) }),
      ...(answer === undefined ? {} : { answer: this.#hide.value(answer) }),
    }
  }

  /** What a decision was made from names the user and the tenant, but for what was known of the models. */
  #decision({ facts, experiment, ...decision }: JsonObject): Json {
    const { candidates } = isJsonObject(facts) ? facts : {}
    return {
      ...decision,
      ...(experiment === undefined ? {} : { experiment: this.#hide.value(experiment) }),
      ...(candidates === undefined ? {} : { facts: { candidates } }),
    }
  }
}
