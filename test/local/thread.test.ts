import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import type { Clock } from "../../src/lib/clock.ts"
import { Thread } from "../../src/local/thread.ts"
import { wireProblemOf } from "../../src/local/wire-error.ts"

const open: Thread<string, string>[] = []

/** A clock whose timers ring when the test says so. */
function handBell() {
  const timers = new Set<() => void>()
  const clock: Clock = {
    nowMs: () => 0,
    setTimer(_delayMs, callback) {
      timers.add(callback)
      return () => timers.delete(callback)
    },
  }
  return {
    clock,
    ring: () => {
      for (const callback of timers) callback()
    },
  }
}

function moody(options: { clock?: Clock; maxQueued?: number } = {}): Thread<string, string> {
  const thread = new Thread<string, string>({
    module: join(import.meta.dirname, "threads/moody-thread.ts"),
    name: "The echo",
    parseReply: String,
    callTimeoutMs: 60_000,
    maxQueued: options.maxQueued ?? 10,
    clock: options.clock ?? handBell().clock,
  })
  open.push(thread)
  return thread
}

async function outcome(call: Promise<string>): Promise<string> {
  return call.catch((error: unknown) => {
    const { status, code, message } = wireProblemOf(error)
    return `${status} ${code}: ${message}`
  })
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((thread) => thread.close()))
  delete process.env.MOODY
})

describe("a model in a thread", () => {
  it("answers in order, and passes a refusal on as it was", async () => {
    const thread = moody()
    const answers = await Promise.all(["a", "refuse", "b"].map((request) => outcome(thread.call(request))))
    expect(answers).toEqual(["echo a", "400 invalid_image: no image", "echo b"])
  })

  it("loses only the request that it crashed on", async () => {
    const thread = moody()
    const answers = await Promise.all(["crash", "a"].map((request) => outcome(thread.call(request))))
    expect(answers[0]).toMatch(/^500 model_crashed: The echo crashed on this request\. .*out of memory/s)
    expect(answers[1]).toBe("echo a")
  })

  it("gives up on a silent thread and takes a new one", async () => {
    const { clock, ring } = handBell()
    const thread = moody({ clock })
    await thread.ready
    const silence = outcome(thread.call("silence"))
    ring()
    expect(await silence).toBe("504 model_timeout: The echo gave no answer within 60000 ms.")
    expect(await outcome(thread.call("a"))).toBe("echo a")
  })

  it("refuses what it has no room for", async () => {
    const thread = moody({ maxQueued: 1 })
    const answers = await Promise.all(["a", "b"].map((request) => outcome(thread.call(request))))
    expect(answers).toEqual([
      "echo a",
      expect.stringContaining("503 overloaded: The echo already has 1 requests waiting"),
    ])
  })

  it("that cannot load says so, and is not started for ever", async () => {
    process.env.MOODY = "dead"
    const thread = moody()
    await expect(thread.ready).rejects.toThrow("cannot load the weights")
    expect(await outcome(thread.call("a"))).toBe("503 server_closing: The echo is shutting down.")
  })

  it("settles everything when it is closed", async () => {
    const thread = moody()
    const answers = ["silence", "a"].map((request) => outcome(thread.call(request)))
    await thread.ready
    await thread.close()
    expect(await Promise.all(answers)).toEqual(Array(2).fill("503 server_closing: The echo is shutting down."))
  })
})
