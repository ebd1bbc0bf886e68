/**
 * The program behind `npm start` and `npm run dev`. Serves until it is told to end (Ctrl-C, SIGTERM), which is no error,
 * or until a part of the server ends by itself, which is.
 */
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { animate } from "./animation.ts"
import { ApiClient } from "./api-client.ts"
import { type Command, readCommand, USAGE } from "./command.ts"
import { runDemo } from "./demo.ts"
import { formatDuration } from "./format.ts"
import { Screen } from "./screen.ts"
import { type Server, startServer } from "./server.ts"

/** How often we look whether npm is still there. */
const PARENT_LOOK_MS = 250

const screen = new Screen(process.stdout, process.env)
const told = new AbortController()

// Not left to the event loop: an idle connection would hold the process for seconds after everything has ended.
process.exit(await main())

async function main(): Promise<number> {
  try {
    return await run(readCommand(process.argv.slice(2), process.env))
  } catch (error) {
    screen.draw([])
    if (told.signal.aborted) return 0
    process.stderr.write(`${describe(error)}\n`)
    return 1
  }
}

async function run(command: Command): Promise<number> {
  if (command.action === "help") {
    screen.print(USAGE.trimEnd())
    return 0
  }
  const stopRequested = onStopRequest()
  const progress = startProgress(command)
  const starting = startServer({ ...command, signal: told.signal, onProgress: progress })
  const server = await starting.finally(() => progress())
  try {
    announce(server, command.json)
    return await Promise.race([serve(server, command), stopRequested, server.failed])
  } finally {
    screen.draw([])
    await server.stop()
  }
}

/** Shows the demonstration, if one is wanted, and settles only when it was to end after it. */
async function serve(server: Server, { demo, json }: Extract<Command, { action: "serve" }>): Promise<number> {
  if (demo) {
    const { url } = server
    const api = new ApiClient({ url, clock: systemClock, fetch })
    const status = await runDemo({ ...demo, api, url, screen, clock: systemClock, signal: told.signal, json })
    if (demo.once) return status === "succeeded" ? 0 : 1
  }
  if (!json) screen.print(`  Serving at ${server.url}. Press Ctrl-C to stop.`)
  return new Promise(() => {})
}

/**
 * Resolves with the exit code when somebody asks us to end, when nobody reads what we print any more, or when npm started
 * us and is gone: whoever ends npm, by whatever signal, means the server.
 */
function onStopRequest(): Promise<number> {
  return new Promise((resolve) => {
    const stop = () => {
      resolve(0)
      told.abort()
    }
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop)
    process.stdout.on("error", stop)
    const parent = process.ppid
    const startedByNpm = process.env.npm_lifecycle_event !== undefined
    if (startedByNpm) setInterval(() => process.ppid !== parent && stop(), PARENT_LOOK_MS).unref()
  })
}

/** Shows what starting waits for, with the seconds since it began. The last call, without words, takes it away. */
function startProgress({ json }: { readonly json: boolean }): (what?: string) => void {
  const sinceMs = systemClock.nowMs()
  let stop = () => {}
  return (what) => {
    stop()
    screen.draw([])
    if (what === undefined || json) return
    if (!screen.isLive) return screen.print(`  ${what} …`)
    stop = animate(systemClock, (spinner) => {
      screen.draw([`  ${spinner} ${what}  ${formatDuration(systemClock.nowMs() - sinceMs)}`])
    })
  }
}

function announce({ url, port, pids, statePath, serviceUrls }: Server, json: boolean): void {
  if (json) return screen.print(JSON.stringify({ type: "server.ready", url, port, pids, statePath, serviceUrls }))
  screen.print(`  ${screen.style("bold", "Waybill")} at ${url}, state and logs in ${statePath}`)
}

function describe(error: unknown): string {
  if (error instanceof WaybillError) return `waybill: ${error.message}\n${error.remedy}`
  return `waybill: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
}
