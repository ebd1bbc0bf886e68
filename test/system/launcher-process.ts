/** The launcher as people start it, in a process of its own, with what it prints and how it ends. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { onTestFinished, vi } from "vitest"
import * as z from "zod"
import { isGroupAlive } from "../../src/cli/process-group.ts"

export const ROOT = join(import.meta.dirname, "../..")

const Ready = z.object({
  type: z.literal("server.ready"),
  url: z.string(),
  port: z.number(),
  pids: z.record(z.string(), z.number()),
  statePath: z.string(),
})

export interface Launcher {
  readonly process: ChildProcess
  readonly lines: readonly string[]
  readonly errors: readonly string[]
  /** The line that says that the server answers; fails when the launcher ends before it. */
  ready(): Promise<z.infer<typeof Ready>>
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** A folder that is deleted after the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "waybill-"))
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

/** Runs `program` with `args`; by default the launcher with `args`, on any port, in a state folder of its own. */
export function launch(
  args: readonly string[],
  env: Record<string, string> = {},
  program = [process.execPath, "src/cli/main.ts"],
): Launcher {
  const [command = "", ...first] = program
  const child = spawn(command, [...first, ...args], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0", WAYBILL_STATE: temporaryFolder(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  onTestFinished(() => void child.kill("SIGTERM"))
  const lines: string[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line))
  const ended = new Promise<number | string>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? 0)),
  )
  const ready = async () => {
    const find = () =>
      lines.flatMap((line) => (line.includes('"server.ready"') ? [Ready.parse(JSON.parse(line))] : []))[0]
    const failed = ended.then((how) => Promise.reject(new Error(`the launcher ended (${how}):\n${errors.join("\n")}`)))
    const found = vi.waitUntil(find, { timeout: 120_000, interval: 50 })
    return Promise.race([found, failed])
  }
  return { process: child, lines, errors, ready, ended }
}

/** Which of the process groups still run, by name. */
export function stillRunning(pids: Readonly<Record<string, number>>): string[] {
  return Object.entries(pids).flatMap(([name, pid]) => (isGroupAlive(pid) ? [name] : []))
}
