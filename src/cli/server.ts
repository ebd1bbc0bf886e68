/**
 * A whole Waybill server on loopback: the Worker, the embedded models and the sandbox business service, started together
 * and ended together. The command line runs one, and tests run as many as they like beside each other.
 */
import { sleep, systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { type Child, Fleet } from "./fleet.ts"
import { DEFAULT_PORT, freePort, LOOPBACK } from "./port.ts"
import { type Environment, type Runtime, SERVICES, type Service, workerSpec } from "./programs.ts"
import { claimStateFolder, type StateFolder } from "./state-folder.ts"

/** Bundling and starting on a slow machine, with a wide margin. */
const START_TIMEOUT_MS = 120_000
/** How often we ask whether the Worker answers. */
const ASK_MS = 50
/** After the first error of the bundler: the lines that explain it. */
const ERROR_LINES_MS = 300

export interface ServerOptions {
  /** Default 8787; 0 takes any free port. */
  readonly port?: number
  /** Folder for everything the server keeps. Default `.waybill` in the working directory. */
  readonly statePath?: string
  /** What serves the Worker. Default `dev`. */
  readonly runtime?: Runtime
  /** Default `process.env`. `SANDBOX_URL` and `LOCAL_MODELS_URL` in it stand in for the service that is else started. */
  readonly env?: Environment
  /** Told, in a few words, what is being waited for. */
  readonly onProgress?: (what: string) => void
  /** Gives up starting. */
  readonly signal?: AbortSignal
}

export interface Server {
  /** Such as `http://127.0.0.1:8787`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly statePath: string
  /** Process by name: `worker`, `models`, `sandbox`, as far as they were started here. Each leads a process group. */
  readonly pids: Readonly<Record<string, number>>
  /** Addresses of the services, by the variable that names them. */
  readonly serviceUrls: Readonly<Record<string, string>>
  /** Rejects with `server_failed` when a child ends by itself. */
  readonly failed: Promise<never>
  /** Ends everything in order, within two seconds. */
  stop(): Promise<void>
  /** Ends everything at once with SIGKILL, as a power cut would. What was written to the state folder stays. */
  kill(): Promise<void>
}

/**
 * Starts a server and waits until it answers. Throws `port_taken` and `state_taken` before anything is started, and
 * `server_failed`, with the end of the child's log, after everything that was started is ended again.
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const port = await freePort(options.port ?? DEFAULT_PORT)
  const url = `http://${LOOPBACK}:${port}`
  const state = claimStateFolder(options.statePath ?? ".waybill", url)
  const fleet = new Fleet(state.file("logs"), systemClock)
  const end = async (how: "stop" | "kill"): Promise<void> => {
    await fleet[how]()
    state.release()
  }
  const over = new AbortController()
  try {
    const signal = AbortSignal.any([over.signal, ...(options.signal ? [options.signal] : [])])
    const booting = boot({ ...options, port, url, state, fleet, signal })
    const { pids, serviceUrls } = await Promise.race([booting, fleet.failed, tooLate(state, signal), aborted(signal)])
    return {
      ...{ url, port, pids, serviceUrls, statePath: state.path, failed: fleet.failed },
      ...{ stop: () => end("stop"), kill: () => end("kill") },
    }
  } catch (error) {
    await end("stop")
    throw error
  } finally {
    over.abort()
  }
}

interface Boot extends ServerOptions {
  readonly port: number
  readonly url: string
  readonly state: StateFolder
  readonly fleet: Fleet
  readonly signal: AbortSignal
}

/** The services first, all at once, because the Worker is told their addresses. */
async function boot(options: Boot): Promise<Pick<Server, "pids" | "serviceUrls">> {
  const { port, url, state, fleet, signal, runtime = "dev", env = process.env, onProgress = () => {} } = options
  onProgress("starting the services")
  const services = await Promise.all(SERVICES.map((service) => startService(service, fleet, state, env)))
  const serviceUrls = Object.fromEntries(services.map(({ variable, address }) => [variable, address]))
  onProgress("starting the Worker")
  const worker = fleet.start(workerSpec(runtime, port, state, serviceUrls, env))
  await Promise.race([answers(url, signal), brokenBuild(worker, signal)])
  const children = [worker, ...services.flatMap(({ child }) => child ?? [])]
  return { serviceUrls, pids: Object.fromEntries(children.map(({ name, pid }) => [name, pid])) }
}

interface StartedService {
  readonly variable: Service["urlVariable"]
  readonly address: string
  /** Absent when the environment names a service that somebody else runs. */
  readonly child?: Child
}

async function startService(
  { urlVariable: variable, spec }: Service,
  fleet: Fleet,
  state: StateFolder,
  env: Environment,
): Promise<StartedService> {
  const given = env[variable]
  if (given) return { variable, address: given }
  const child = fleet.start(spec(state, env))
  return { variable, child, address: `http://${LOOPBACK}:${await readyPort(child)}` }
}

/** The port in the line `{"ready":true,"port":N}`, once the child prints it. */
function readyPort(child: Child): Promise<number> {
  return new Promise((resolve) => {
    child.onLine((line) => {
      const [, port] = line.match(/^\{"ready":true,.*"port":(\d+)/) ?? []
      if (port !== undefined) resolve(Number(port))
    })
  })
}

async function answers(url: string, signal: AbortSignal): Promise<void> {
  while (!(await isHealthy(url, signal))) await sleep(systemClock, ASK_MS, signal)
}

async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`, { signal })).ok
  } catch {
    return false
  }
}

/** `wrangler dev` goes on waiting for an edit when the Worker does not compile; we do not. */
function brokenBuild(worker: Child, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    worker.onLine(async (line) => {
      if (!line.includes("[ERROR]")) return
      await sleep(systemClock, ERROR_LINES_MS, signal).catch(() => {})
      reject(
        new WaybillError("server_failed", `The Worker does not start. ${worker.logPath} says:\n\n${worker.tail()}\n`),
      )
    })
  })
}

async function tooLate(state: StateFolder, signal: AbortSignal): Promise<never> {
  await sleep(systemClock, START_TIMEOUT_MS, signal)
  throw new WaybillError(
    "server_failed",
    `The server did not answer within ${START_TIMEOUT_MS / 1_000} seconds. The logs are in ${state.file("logs")}.`,
  )
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }))
}
