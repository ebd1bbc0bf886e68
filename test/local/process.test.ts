import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, afterEach, describe, expect, it } from "vitest"

const MAIN = join(import.meta.dirname, "../../src/local/main.ts")

const folder = mkdtempSync(join(tmpdir(), "local-models-"))
const children: ChildProcess[] = []
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL")
})

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
  })
  children.push(child)
  const output = { stdout: "", stderr: "" }
  child.stdout.on("data", (chunk) => (output.stdout += String(chunk)))
  child.stderr.on("data", (chunk) => (output.stderr += String(chunk)))
  return { child, output, exited: once(child, "exit") }
}

describe("[LOCAL12] the process", () => {
  it("says when it is ready, serves, is quiet, writes nothing and ends when asked", async () => {
    const { child, output, exited } = start(["--port", "0"], { UPSTREAM_BASE_URL: "" })
    const [line] = await once(createInterface(child.stdout), "line")
    const { ready, port } = JSON.parse(String(line))
    expect(ready).toBe(true)

    const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "gpt-5", messages: [{ role: "user", content: "Hi" }] }),
    })
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({
      error: { code: "model_not_found", param: "model", message: expect.stringContaining("UPSTREAM_BASE_URL") },
    })

    child.kill("SIGTERM")
    expect(await exited).toEqual([0, null])
    expect(output).toEqual({ stdout: `${line}\n`, stderr: "" })
    expect(readdirSync(folder)).toEqual([])
  })

  it("says what to do when the port is taken, or is none", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const address = server.address()
    const taken = start(["--port", String(typeof address === "object" ? address?.port : 0)])
    expect(await taken.exited).toEqual([1, null])
    expect(taken.output.stderr).toMatch(/address already in use.*Choose another port with --port/s)
    server.close()
    const none = start(["--port", "http"])
    expect(await none.exited).toEqual([2, null])
    expect(none.output.stderr).toContain("expected a number from 0")
  })
})
