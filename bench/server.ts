/** Starts the bench Worker in a process of its own, under `wrangler dev` or on the plain runtime, and ends it. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, openSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export type Runtime = "plain" | "dev"

export interface BenchServer {
  readonly url: string
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, "..")
const READY_TIMEOUT_MS = 90_000

export async function startServer(runtime: Runtime, variables: Readonly<Record<string, string>>): Promise<BenchServer> {
  const port = await freePort()
  const state = mkdtempSync(join(tmpdir(), "waybill-bench-"))
  const vars = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`])
  const config = ["--config", "bench/wrangler.toml"]
  const program =
    runtime === "plain"
      ? ["src/cli/plain-runtime-main.ts", "--port", String(port), "--state", state]
      : [
          "node_modules/wrangler/bin/wrangler.js",
          "dev",
          "--ip",
          "127.0.0.1",
          "--port",
          String(port),
          "--inspector-port",
          "0",
          "--persist-to",
          state,
          "--show-interactive-dev-session=false",
          "--log-level",
          "error",
        ]
  const log = openSync(join(state, "server.log"), "w")
  const env = {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_REGISTRY_PATH: join(state, "registry"),
  }
  const child = spawn(process.execPath, [...program, ...config, ...vars], {
    cwd: ROOT,
    env,
    stdio: ["ignore", log, log],
    detached: true,
  })
  const url = `http://127.0.0.1:${port}`
  await ready(`${url}/healthz`, child, join(state, "server.log"))
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM")
      await ended
      rmSync(state, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Resolves as soon as `url` answers. Throws, naming `log`, when `child` ends before that or takes too long. */
export async function ready(url: string, child: ChildProcess, log: string): Promise<void> {
  const giveUpAtMs = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < giveUpAtMs && child.exitCode === null) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`The bench server did not start; see ${log}.`)
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      )
    })
  })
}
