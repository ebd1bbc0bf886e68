/** The whole server, for real: every program that `npm start` starts, on loopback, with the shipped models. */
import { spawnSync } from "node:child_process"
import { describe, expect, it, vi } from "vitest"
import { launch, stillRunning } from "./launcher-process.ts"

describe("npm start", () => {
  it("[CLI1] [CLI5] runs the demonstration to its answer, and ends with everything it started", async () => {
    const launcher = launch(["start", "--once", "--json"])
    const { url, pids } = await launcher.ready()
    expect(Object.keys(pids).sort()).toEqual(["models", "sandbox", "worker"])
    expect(await launcher.ended).toBe(0)
    expect(stillRunning(pids)).toEqual([])
    const said = launcher.lines.map((line) => JSON.parse(line))
    expect(said.at(-1)).toMatchObject({
      type: "demo.finished",
      status: "succeeded",
      url: expect.stringContaining(`${url}/v1/runs/run_`),
    })
    expect(said.slice(1, -1).map(({ seq }) => seq)).toEqual(said.slice(1, -1).map((_, index) => index + 1))
    expect(launcher.errors).toEqual([])
  })

  it("[CLI1] shows a person the steps, the answer, the cost and what to try", async () => {
    const launcher = launch(["start", "--once"])
    expect([await launcher.ended, launcher.errors]).toEqual([0, []])
    const text = launcher.lines.join("\n")
    expect(text).toMatch(/✓ \S+ +vision +local\/ocr .* \d+(\.\d)? m?s +\$0/)
    expect(text).toMatch(/succeeded · \d+ steps done · \d+ model calls · \$0 · /)
    expect(text).toMatch(/Answer\n.*\n.*Run {2}http:\S+\/v1\/runs\/run_\w+\n/s)
    expect(text).toMatch(/curl -X POST 'http:\S+\/v1\/workflows\/support-refund\/runs\?wait=60'/)
  })
})

describe("npm run dev", () => {
  it("[CLI2] serves two side by side, and refuses a port or a state folder that is in use", async () => {
    const [one, two] = [launch(["dev", "--json"]), launch(["dev", "--json"])]
    const [first, second] = await Promise.all([one.ready(), two.ready()])
    expect(first.url).not.toBe(second.url)
    expect(
      (await Promise.all([first, second].map(({ url }) => fetch(`${url}/healthz`)))).map(({ status }) => status),
    ).toEqual([200, 200])

    const samePort = launch(["dev"], { PORT: String(first.port) })
    expect(await samePort.ended).toBe(1)
    expect(samePort.errors[0]).toBe(`waybill: Port ${first.port} of 127.0.0.1 is taken.`)
    const sameState = launch(["dev"], { WAYBILL_STATE: first.statePath })
    expect(await sameState.ended).toBe(1)
    expect(sameState.errors[0]).toContain(`is in use by the server at ${first.url}`)
    expect([...samePort.lines, ...sameState.lines]).toEqual([])
  })

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("[CLI3] leaves nothing behind after %s", async (signal) => {
    const launcher = launch(["dev", "--json"])
    const { pids } = await launcher.ready()
    launcher.process.kill(signal)
    expect(await launcher.ended).toBe(signal === "SIGKILL" ? "SIGKILL" : 0)
    await vi.waitFor(() => expect(stillRunning(pids)).toEqual([]), { timeout: 5_000 })
  })

  it("[CLI3] leaves nothing behind when npm is killed", async () => {
    const launcher = launch(["run", "--silent", "dev", "--", "--json"], {}, ["npm"])
    const { pids } = await launcher.ready()
    launcher.process.kill("SIGKILL")
    await vi.waitFor(() => expect(stillRunning(pids)).toEqual([]), { timeout: 5_000 })
  })

  it("[CLI4] ends with the last words of a part that ended by itself", async () => {
    const launcher = launch(["dev", "--json"])
    const { pids } = await launcher.ready()
    process.kill(pids.sandbox ?? 0, "SIGKILL")
    expect(await launcher.ended).toBe(1)
    expect(launcher.errors[0]).toMatch(/^waybill: The sandbox was ended by SIGKILL\. The end of .*sandbox\.log:$/)
    expect(stillRunning(pids)).toEqual([])
  })
})

describe("without any network", () => {
  it("[CLI1] runs the demonstration all the same", async ({ skip }) => {
    const namespace = ["unshare", "--net", "--map-root-user", "sh", "-c"]
    const bringUp = "ip link set lo up"
    const { status } = spawnSync("unshare", [...namespace.slice(1), bringUp])
    skip(status !== 0, "the system permits no network namespace (unshare --net)")
    const command = `${bringUp} && exec "$0" src/cli/main.ts start --once --json`
    const launcher = launch([process.execPath], {}, [...namespace, command])
    expect([await launcher.ended, launcher.errors]).toEqual([0, []])
    expect(JSON.parse(launcher.lines.at(-1) ?? "")).toMatchObject({ type: "demo.finished", status: "succeeded" })
  })
})
