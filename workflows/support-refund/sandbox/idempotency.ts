/**
 * `Idempotency-Key` as Stripe honours it.
 * 1. The key and the answer are written in the transaction of the work itself: no crash can part them.
 * 2. The first answer is kept whatever its status, once the work began; a request that failed validation keeps nothing.
 * 3. A key is good for one request: another body or another endpoint under it is refused.
 * 4. Keys are forgotten after 24 hours.
 */
import { createHash } from "node:crypto"
import type { DatabaseSync } from "node:sqlite"
import { z } from "zod"
import type { Context, Prepared } from "./endpoint.ts"
import { SandboxError } from "./errors.ts"

const KEPT_MS = 24 * 60 * 60 * 1000
const MAX_KEY_LENGTH = 255

export interface Answer {
  readonly status: number
  /** JSON text, kept as text so that a replay is the same to the byte. */
  readonly body: string
  readonly replayed: boolean
}

const savedRow = z.object({ fingerprint: z.string(), status: z.int(), body: z.string() })

/** Throws the 400 for a key that is empty or too long. */
export function checkKey(key: string): void {
  if (key.length >= 1 && key.length <= MAX_KEY_LENGTH) return
  throw new SandboxError(
    400,
    "idempotency_key_invalid",
    `Idempotency-Key has ${key.length} characters; it must have 1 to ${MAX_KEY_LENGTH}.`,
    { type: "idempotency_error" },
  )
}

/**
 * Does the work, or answers as the first request with this key was answered. Call it in a transaction.
 * Throws `idempotency_key_reused`, which is no answer to keep.
 */
export function executeOnce(prepared: Prepared, key: string, context: Context): Answer {
  const { db, nowMs } = context
  const fingerprint = createHash("sha256").update(prepared.canonical).digest("hex")
  db.prepare("DELETE FROM idempotency WHERE created_at_ms <= ?").run(nowMs - KEPT_MS)
  const saved = findSaved(db, key, fingerprint)
  if (saved !== undefined) return saved
  const answer = execute(prepared, context)
  const insert = db.prepare("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)")
  insert.run(key, fingerprint, answer.status, answer.body, nowMs)
  return answer
}

/** Does the work. A refusal (`SandboxError`) is an answer like any other. */
export function execute(prepared: Prepared, context: Context): Answer {
  try {
    return { status: 200, body: JSON.stringify(prepared.execute(context)), replayed: false }
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    return { status: error.status, body: JSON.stringify(error.body), replayed: false }
  }
}

function findSaved(db: DatabaseSync, key: string, fingerprint: string): Answer | undefined {
  const row = db.prepare("SELECT fingerprint, status, body FROM idempotency WHERE key = ?").get(key)
  if (row === undefined) return undefined
  const { status, body, fingerprint: first } = savedRow.parse(row)
  if (first === fingerprint) return { status, body, replayed: true }
  throw new SandboxError(
    400,
    "idempotency_key_reused",
    `Keys for idempotent requests can only be used with the same parameters they were first used with. Use another key than '${key}' for another request.`,
    { type: "idempotency_error" },
  )
}
