/** Starts a sandbox for one test and talks HTTP to it, and nothing else. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { type SandboxOptions, startSandbox } from "../../workflows/support-refund/sandbox/server.ts"

export interface Reply {
  readonly status: number
  /** The `Idempotent-Replayed` header. */
  readonly replayed: string | null
  readonly text: string
  readonly body: unknown
}

export interface Client {
  get(path: string, headers?: Record<string, string>): Promise<Reply>
  /** A string body is sent as it is. */
  post(path: string, body: unknown, key?: string): Promise<Reply>
  send(method: string, path: string): Promise<Reply>
  close(): Promise<void>
}

export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<Client> {
  const sandbox = await startSandbox({ port: 0, db: ":memory:", ...options })
  onTestFinished(() => sandbox.close())
  return { ...clientOf(sandbox.url), close: () => sandbox.close() }
}

export function clientOf(url: string): Omit<Client, "close"> {
  const call = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, init)
    const text = await response.text()
    const replayed = response.headers.get("idempotent-replayed")
    return { status: response.status, replayed, text, body: JSON.parse(text) }
  }
  return {
    get: (path, headers = {}) => call(path, { headers }),
    post: (path, body, key) =>
      call(path, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    send: (method, path) => call(path, { method }),
  }
}

/** The path of a database file that does not exist yet, in a folder that goes away with the test. */
export function newDatabaseFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, "sandbox.db")
}

/** A double charge of the seed data. */
export const REFUND = { chargeId: "ch_583247", amountCents: 2900, reason: "duplicate" } as const

export const TICKET = {
  customerId: "cus_69473",
  subject: "Threat",
  body: "Please take over.",
  priority: "urgent",
} as const
