/**
 * The launcher's children: starts them, watches them, ends them. It knows nothing of what they do.
 *
 * Invariants:
 * 1. No child outlives the launcher, however the launcher ends; for the worst case there is the guard.
 * 2. A child that ends by itself is an error of the whole fleet, told with the end of that child's log.
 * 3. `stop` and `kill` may be called at any time and any number of times, and settle when every child is gone.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createWriteStream } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { stripVTControlCharacters } from "node:util"
import { type Clock, sleep } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { isGroupAlive, signalGroup } from "./process-group.ts"

/** From asking a child to end to forcing it. Everything together has to be over within two seconds. */
const PATIENCE_MS = 1_500
/** How often we look whether the children are gone. */
const LOOK_MS = 20
/** How long the rest of an ended child's output is waited for. */
const LAST_WORDS_MS = 200
const TAIL_LINES = 25

export interface ChildSpec {
  /** What people call it; also the name of its log. */
  readonly name: string
  /** A Node program and its arguments. */
  readonly program: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Child {
  readonly name: string
  readonly pid: number
  readonly logPath: string
  /** Calls `listener` for every line that the child prints from now on. */
  onLine(listener: (line: string) => void): void
  /** The last lines that the child printed. */
  tail(): string
}

export class Fleet {
  readonly #clock: Clock
  readonly #logFolder: string
  readonly #guard: ChildProcess
  readonly #pids = new Set<number>()
  #ending: Promise<void> | undefined
  #fail: (error: WaybillError) => void = () => {}
  /** Rejects when a child ends by itself; never resolves. */
  readonly failed: Promise<never>

  constructor(logFolder: string, clock: Clock) {
    this.#clock = clock
    this.#logFolder = logFolder
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    // Whoever waits for it hears of it; nobody waiting is not a second error.
    this.failed.catch(() => {})
    this.#guard = spawn(process.execPath, [join(import.meta.dirname, "guard-main.ts")], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    })
    this.#guard.stdin?.on("error", () => {})
    this.#guard.once("exit", () => this.#onExit("guard", "was ended from outside", ""))
  }

  /** Starts a child. Its output goes to `<log folder>/<name>.log`. */
  start({ name, program, cwd, env }: ChildSpec): Child {
    const [entry = "", ...rest] = program
    const child = spawn(process.execPath, [entry, ...rest], {
      cwd,
      env,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    })
    const pid = child.pid
    if (pid === undefined) throw new WaybillError("server_failed", `The ${name} could not be started: ${entry}.`)
    this.#pids.add(pid)
    this.#guard.stdin?.write(`+${pid}\n`)
    const logPath = join(this.#logFolder, `${name}.log`)
    const output = readOutput(child, logPath)
    child.once("exit", async (code, signal) => {
      // Its last words may still be in the pipe; a grandchild that holds the pipe open must not keep the news from us.
      await Promise.race([output.ended, sleep(this.#clock, LAST_WORDS_MS)])
      this.#onExit(name, signal ? `was ended by ${signal}` : `ended with exit code ${code}`, output.tail(), logPath)
    })
    return { name, pid, logPath, onLine: output.onLine, tail: output.tail }
  }

  /** Asks every child to end, and forces those that do not. */
  stop(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  /** Ends every child at once, as a power cut would; also those that are being asked to end. */
  kill(): Promise<void> {
    for (const pid of this.#pids) signalGroup(pid, "SIGKILL")
    return this.stop()
  }

  async #end(): Promise<void> {
    for (const pid of this.#pids) signalGroup(pid, "SIGTERM")
    await this.#gone(PATIENCE_MS)
    for (const pid of this.#pids) signalGroup(pid, "SIGKILL")
    // What SIGKILL does not end at once is waiting for somebody else to reap it: it serves no more.
    await this.#gone(LOOK_MS * 10)
    for (const pid of this.#pids) this.#guard.stdin?.write(`-${pid}\n`)
    this.#guard.stdin?.end()
  }

  async #gone(patienceMs: number): Promise<void> {
    const deadlineMs = this.#clock.nowMs() + patienceMs
    while ([...this.#pids].some(isGroupAlive) && this.#clock.nowMs() < deadlineMs) await sleep(this.#clock, LOOK_MS)
  }

  #onExit(name: string, how: string, tail: string, logPath?: string): void {
    if (this.#ending) return
    const log = logPath === undefined ? "" : ` The end of ${logPath}:\n\n${tail || "(nothing was printed)"}\n`
    this.#fail(new WaybillError("server_failed", `The ${name} ${how}.${log}`))
  }
}

/** Copies what a child prints to its log, and hands it on line by line. */
function readOutput(child: ChildProcess, logPath: string): Pick<Child, "onLine" | "tail"> & { ended: Promise<void> } {
  const log = createWriteStream(logPath)
  const listeners: ((line: string) => void)[] = []
  const lastLines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    createInterface({ input: stream }).on("line", (colored) => {
      const line = stripVTControlCharacters(colored)
      log.write(`${line}\n`)
      lastLines.push(line)
      if (lastLines.length > TAIL_LINES) lastLines.shift()
      for (const listener of listeners) listener(line)
    })
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => log.end(resolve)))
  return { ended, onLine: (listener) => listeners.push(listener), tail: () => lastLines.join("\n").trim() }
}
