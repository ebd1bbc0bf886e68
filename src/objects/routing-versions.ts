/**
 * The versions of the routing configuration, in SQL: every one that was ever in force, and which one is.
 *
 * What a deployment ships with is in force until somebody puts another; rolling back to it follows the deployment again.
 * Invariants: a version is the digest of its source, so the same configuration is kept once; nothing is ever changed or
 * deleted; every change of what is in force is a row of its own.
 */
import { WaybillError } from "../lib/errors.ts"
import type { JsonObject } from "../lib/json.ts"
import type { Sql } from "../store/sql.ts"

/** A configuration as its author wrote it, with the digest that names it. */
export interface RoutingSource {
  readonly version: string
  readonly source: JsonObject
}

/** `shipped`: it came with the code; `put`: it was put live. */
export type RoutingOrigin = "shipped" | "put"

export interface RoutingVersion extends RoutingSource {
  readonly origin: RoutingOrigin
  readonly createdAtMs: number
}

/** One version as lists show it. */
export interface RoutingVersionRow extends Omit<RoutingVersion, "source"> {
  /** When it last came into force; absent for what a deployment ships with until something replaced it. */
  readonly activatedAtMs?: number
}

const CREATE = [
  `CREATE TABLE IF NOT EXISTS routing_version (
    seq INTEGER PRIMARY KEY, version TEXT NOT NULL UNIQUE, source TEXT NOT NULL, origin TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL) STRICT`,
  // An activation without a version follows the deployment.
  `CREATE TABLE IF NOT EXISTS routing_activation (
    seq INTEGER PRIMARY KEY, version TEXT, at_ms INTEGER NOT NULL) STRICT`,
]

const LIST = `SELECT v.version, v.origin, v.created_at_ms,
    (SELECT max(a.at_ms) FROM routing_activation a WHERE a.version = v.version) AS activated_at_ms
  FROM routing_version v ORDER BY v.seq DESC LIMIT ?`

export class RoutingVersions {
  readonly #sql: Sql
  /** Asked for by every isolate all the time, so it is kept at hand. Null: what the deployment ships with. */
  #live: RoutingSource | null

  constructor(sql: Sql) {
    this.#sql = sql
    for (const statement of CREATE) sql.exec(statement)
    const [last] = sql.exec("SELECT version FROM routing_activation ORDER BY seq DESC LIMIT 1")
    this.#live = typeof last?.version === "string" ? this.#require(last.version) : null
  }

  /** What was put in force; null when deployments follow what they ship with. */
  get live(): RoutingSource | null {
    return this.#live
  }

  /** Keeps `routing` and puts it in force. `shipped`: what it replaces, when nothing else is in force. */
  put(routing: RoutingSource, shipped: RoutingSource, nowMs: number): void {
    this.#sql.transaction(() => {
      this.#keep(shipped, "shipped", nowMs)
      this.#keep(routing, "put", nowMs)
      this.#activate(routing, nowMs)
    })
  }

  /** Puts `version` in force again; the one that is shipped now follows the deployment. Throws `routing_version_not_found`. */
  rollback(version: string, shipped: RoutingSource, nowMs: number): void {
    this.#sql.transaction(() => {
      this.#keep(shipped, "shipped", nowMs)
      this.#activate(version === shipped.version ? null : this.#require(version), nowMs)
    })
  }

  /** Throws `routing_version_not_found`. */
  get(version: string): RoutingVersion {
    return this.#require(version)
  }

  /** Newest first. */
  list(limit: number): readonly RoutingVersionRow[] {
    return this.#sql.exec(LIST, limit).map((row) => ({
      version: String(row.version),
      origin: row.origin === "shipped" ? "shipped" : "put",
      createdAtMs: Number(row.created_at_ms),
      ...(row.activated_at_ms === null ? {} : { activatedAtMs: Number(row.activated_at_ms) }),
    }))
  }

  #keep({ version, source }: RoutingSource, origin: RoutingOrigin, nowMs: number): void {
    this.#sql.exec(
      "INSERT INTO routing_version (version, source, origin, created_at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      ...[version, JSON.stringify(source), origin, nowMs],
    )
  }

  #activate(next: RoutingSource | null, nowMs: number): void {
    if (next?.version === this.#live?.version) return
    this.#sql.exec("INSERT INTO routing_activation (version, at_ms) VALUES (?, ?)", next?.version ?? null, nowMs)
    this.#live = next && { version: next.version, source: next.source }
  }

  #require(version: string): RoutingVersion {
    const [row] = this.#sql.exec("SELECT source, origin, created_at_ms FROM routing_version WHERE version = ?", version)
    if (!row)
      throw new WaybillError("routing_version_not_found", `There is no routing version ${JSON.stringify(version)}.`)
    return {
      version,
      source: JSON.parse(String(row.source)),
      origin: row.origin === "shipped" ? "shipped" : "put",
      createdAtMs: Number(row.created_at_ms),
    }
  }
}
