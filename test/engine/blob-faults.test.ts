/** A blob store that fails: for a moment, which nobody notices, or for long, which is the fault of no step. */
import { describe, expect, it } from "vitest"
import { tool, workflow } from "waybill"
import { fakeClock, scriptedModel } from "waybill/testing"
import { z } from "zod"
import { seededRandom } from "../../src/lib/random.ts"
import type { BlobStore } from "../../src/store/blob-store.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
import { PatientBlobStore } from "../../src/store/patient-blob-store.ts"
import { lines, mortalRun, NOTHING, until } from "./helpers.ts"

const LARGE = "x".repeat(200_000)

/** A store of which the next `failures` calls of `method` fail. */
function failing(method: "put" | "get", failures: number): BlobStore & { readonly inner: MemoryBlobStore } {
  const inner = new MemoryBlobStore()
  let left = failures
  const fail = (called: string) => {
    if (called !== method || left === 0) return
    left -= 1
    throw new Error("We encountered an internal error. Please try again. (10001)")
  }
  return {
    inner,
    async put(bytes, mediaType) {
      fail("put")
      return inner.put(bytes, mediaType)
    },
    async get(reference) {
      fail("get")
      return inner.get(reference)
    },
    find: (digest) => inner.find(digest),
  }
}

const answering = () => scriptedModel({ ask: { text: LARGE } })

const asks = workflow("asks", { version: 1, input: NOTHING })
  .generate("ask", { prompt: "Tell me all." })
  .output(({ ask }) => ask.text.length)

const computes = workflow("computes", { version: 1, input: NOTHING })
  .code("large", () => LARGE)
  .code("read", ({ large }) => large.length)
  .output(({ read }) => read)

describe("a blob store that fails for a moment", () => {
  it("[RUN29] holds a result back until it is stored: what was paid for is asked once", async () => {
    const clock = fakeClock()
    const models = answering()
    const blobs = new PatientBlobStore(failing("put", 3), clock, seededRandom(1))
    const run = await mortalRun(asks, {}, { models, blobs, clock })
    const settled = run.settle()
    for (let failure = 1; failure <= 3; failure += 1) {
      await until(() => clock.nextTimerMs() !== undefined)
      clock.moveTo(clock.nextTimerMs() ?? 0)
    }
    await settled
    expect(run.output).toBe(LARGE.length)
    expect(models.calls.length).toBe(1)
  })
})

describe("a blob store that stays out of reach", () => {
  it("[RUN29] is a store that fails: no step fails for it, nothing more is written, a new process goes on", async () => {
    const models = answering()
    const blobs = failing("put", 1)
    const run = await mortalRun(asks, {}, { models, blobs })
    await expect(run.settle()).rejects.toThrow("10001")
    expect(run.engine.fault?.thrown).toMatchObject({ message: expect.stringContaining("10001") })
    expect(lines(run.events)).toEqual(["run.created", "run.started", "step.started ask"])
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe(LARGE.length)
  })

  it("[RUN29] is waited for: what could not be stored is not asked for again before the store answers", async () => {
    const models = answering()
    const inner = new MemoryBlobStore()
    let isOut = true
    const orFail = <Result>(work: () => Promise<Result>) => (isOut ? Promise.reject(new Error("out")) : work())
    const blobs: BlobStore = {
      put: (bytes, mediaType) => orFail(() => inner.put(bytes, mediaType)),
      get: (reference) => orFail(() => inner.get(reference)),
      find: (digest) => orFail(() => inner.find(digest)),
    }
    let run = await mortalRun(asks, {}, { models, blobs })
    await expect(run.settle()).rejects.toThrow("out")
    for (let life = 1; life <= 20; life += 1) {
      run = await run.revive()
      await expect(run.settle()).rejects.toThrow("out")
    }
    expect(models.calls.length).toBe(1)
    isOut = false
    run = await run.revive()
    await run.settle()
    expect([run.output, models.calls.length]).toEqual([LARGE.length, 2])
  })

  it("[RUN29] parks an unsafe tool whose result could not be stored, and does not call it again", async () => {
    let calls = 0
    const print = tool({
      name: "print",
      description: "Prints.",
      effect: "unsafe",
      input: NOTHING,
      output: z.string(),
      run: () => LARGE.slice(calls++),
    })
    const flow = workflow("prints", { version: 1, input: NOTHING })
      .tool("print", print, () => ({}))
      .output(({ print }) => print.length)
    const run = await mortalRun(flow, {}, { blobs: failing("put", 1) })
    await expect(run.settle()).rejects.toThrow("10001")
    const revived = await run.revive()
    await revived.settle()
    expect(revived.engine.state.steps.get("print")?.waiting).toEqual({ reason: "interrupted" })
    expect(calls).toBe(1)
  })

  it("[RUN29] does not fail a step whose closure reads a large value", async () => {
    const run = await mortalRun(computes, {}, { blobs: failing("get", 1) })
    await expect(run.settle()).rejects.toThrow("10001")
    expect(lines(run.events).at(-1)).toBe("step.started read")
    const revived = await run.revive()
    await revived.settle()
    expect(revived.output).toBe(LARGE.length)
  })

  it("[RUN29] refuses a command that carries a large value, and the run is not touched", async () => {
    const flow = workflow("hears", { version: 1, input: NOTHING })
      .waitFor("go")
      .output(({ go }) => String(go.payload).length)
    const run = await mortalRun(flow, {}, { blobs: failing("put", 1) })
    await run.settle()
    await expect(run.engine.commands.signal("go", LARGE)).rejects.toThrow("10001")
    expect(run.engine.fault).toBeUndefined()
    await run.engine.commands.signal("go", LARGE)
    await run.settle()
    expect(run.output).toBe(LARGE.length)
  })
})

it("[RUN29] a large value that is gone fails the step that reads it, once, and says which", async () => {
  const blobs: BlobStore = { ...failing("put", 0), get: (reference) => new MemoryBlobStore().get(reference) }
  const flow = workflow("gone", { version: 1, input: NOTHING })
    .code("large", () => LARGE)
    .code("read", ({ large }) => large.length, { retry: { attempts: 3 } })
    .output(({ read }) => read)
  const run = await mortalRun(flow, {}, { blobs })
  await run.settle()
  expect(run.engine.state.error).toMatchObject({ code: "blob_missing", path: "read" })
  expect(lines(run.events, "read")).toEqual(["step.started 1", "step.failed 1"])
})
