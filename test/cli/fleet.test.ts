/** Real processes: what the launcher starts must end with it, whatever either side does. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { type Child, Fleet } from "../../src/cli/fleet.ts"
import { isProcessAlive, signalGroup } from "../../src/cli/process-group.ts"
import { systemClock } from "../../src/lib/clock.ts"

/** Prints its own process id and that of a process that it starts in turn, then waits for ever. */
const PARENT = `
  const { spawn } = require("node:child_process")
  const grandchild = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"])
  console.log(JSON.stringify([process.pid, grandchild.pid]))
  setInterval(() => {}, 1000)`

let folder = ""
let fleet: Fleet
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fleet-"))
  fleet = new Fleet(folder, systemClock)
})
afterEach(async () => {
  await fleet.kill()
  rmSync(folder, { recursive: true, force: true })
})

function start(code: string, name = "child"): Child {
  return fleet.start({ name, program: ["-e", code], cwd: folder, env: process.env })
}

/** The process ids in the first line that a child prints. */
function pids(child: Child): Promise<number[]> {
  return new Promise((resolve) => child.onLine((line) => resolve(JSON.parse(line))))
}

async function expectGone(gone: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(gone.filter(isProcessAlive)).toEqual([]), { timeout: 5_000 })
}

describe("a fleet", () => {
  it("[CLI3] ends its children and what they started", async () => {
    const family = await pids(start(PARENT))
    expect(family.filter(isProcessAlive)).toEqual(family)
    await fleet.stop()
    await expectGone(family)
  })

  it("forces a child that does not want to end", async () => {
    const [stubborn = 0] = await pids(
      start(`process.on("SIGTERM", () => {}); console.log("[" + process.pid + "]"); setInterval(() => {}, 1000)`),
    )
    await fleet.stop()
    await expectGone([stubborn])
  })

  it("[CLI4] fails with the child's last words when one ends by itself", async () => {
    start(PARENT, "steady")
    start(`console.log("all is well"); console.error("the disk is full"); process.exitCode = 3`, "worker")
    await expect(fleet.failed).rejects.toMatchObject({
      code: "server_failed",
      message: expect.stringMatching(
        /^The worker ended with exit code 3\..*worker\.log:\n\nall is well\nthe disk is full\n$/s,
      ),
    })
  })

  it("names the signal that ended a child", async () => {
    const child = start(PARENT)
    await pids(child)
    process.kill(child.pid, "SIGKILL")
    await expect(fleet.failed).rejects.toThrow("The child was ended by SIGKILL.")
  })

  it("keeps what its children print, without colours", async () => {
    const child = start(`console.log("\\u001b[31mred\\u001b[0m"); console.log("[1]"); setInterval(() => {}, 1000)`)
    await vi.waitFor(() => expect(child.tail()).toBe("red\n[1]"))
    await fleet.stop()
    await vi.waitFor(() => expect(readFileSync(child.logPath, "utf8")).toBe("red\n[1]\n"))
  })

  it("can be ended twice, and while it ends", async () => {
    const family = await pids(start(PARENT))
    await Promise.all([fleet.stop(), fleet.kill(), fleet.stop()])
    await expectGone(family)
  })
})

describe("the guard", () => {
  it("[CLI3] ends the children of a launcher that was killed outright", async () => {
    const launcher = runLauncher()
    const family = await firstLine(launcher)
    expect(family.filter(isProcessAlive)).toEqual(family)
    launcher.kill("SIGKILL")
    await expectGone(family)
  })

  it("[CLI3] outlives a Ctrl-C that reaches the launcher's whole group", async () => {
    const launcher = runLauncher()
    const family = await firstLine(launcher)
    signalGroup(launcher.pid ?? 0, "SIGINT")
    launcher.kill("SIGKILL")
    await expectGone(family)
  })

  it("ends with the launcher, which would wait for it", async () => {
    const launcher = runLauncher()
    const family = await firstLine(launcher)
    const ended = new Promise((resolve) => launcher.once("exit", resolve))
    launcher.kill("SIGTERM")
    expect(await ended).toBe(0)
    await expectGone(family)
  })
})

/** A launcher in a process of its own, with one family of children, whose process ids it prints. Stops on SIGTERM. */
function runLauncher(): ChildProcess {
  const source = join(import.meta.dirname, "../../src")
  const program = join(folder, "launcher.ts")
  const text = `
    import { Fleet } from ${JSON.stringify(join(source, "cli/fleet.ts"))}
    import { systemClock } from ${JSON.stringify(join(source, "lib/clock.ts"))}
    const fleet = new Fleet(${JSON.stringify(folder)}, systemClock)
    const child = fleet.start({ name: "family", program: ["-e", ${JSON.stringify(PARENT)}], cwd: ".", env: process.env })
    child.onLine((line) => console.log(line))
    process.on("SIGINT", () => {})
    process.on("SIGTERM", () => fleet.stop())`
  writeFileSync(program, text)
  return spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"], detached: true })
}

function firstLine(launcher: ChildProcess): Promise<number[]> {
  return new Promise((resolve) => launcher.stdout?.once("data", (chunk) => resolve(JSON.parse(String(chunk)))))
}
