/** Calls between objects: what a method throws arrives as it was thrown. */
import { describe, expect, it, vi } from "vitest"
import { WaybillError } from "../../src/lib/errors.ts"
import { answerCall, type Call, type Namespace, reach } from "../../src/objects/remote.ts"

interface Rpc {
  add(left: number, right: number): Promise<number>
  refuse(): Promise<never>
  crash(): Promise<never>
}

class Adder implements Rpc {
  async add(left: number, right: number) {
    return left + right
  }
  async refuse(): Promise<never> {
    throw new WaybillError("not_waiting", "It does not wait.", { path: "a.b", issues: [{ path: "a", message: "b" }] })
  }
  async crash(): Promise<never> {
    throw new TypeError("x is not a function")
  }
}

/** What crosses is what the structured clone of plain data keeps. */
const namespace: Namespace<Rpc> = {
  getByName: () => ({
    call: async (call: Call) => structuredClone(await answerCall(new Adder(), structuredClone(call))),
    fetch: async (request) => new Response(request.url),
  }),
}

describe("a call to an object", () => {
  const adder = reach(namespace, "any")

  it("returns what the method returns", async () => {
    expect(await adder.add(1, 2)).toBe(3)
    expect(await (await adder.fetch(new Request("http://run/socket"))).text()).toBe("http://run/socket")
  })

  it("throws what the method throws: code, message, path and details", async () => {
    const error = await adder.refuse().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(WaybillError)
    expect(error.toJSON()).toEqual({
      code: "not_waiting",
      message: "It does not wait.",
      path: "a.b",
      details: { issues: [{ path: "a", message: "b" }] },
    })
  })

  it("shows a fault of our own where it happened, and says so to the caller", async () => {
    const shown = vi.spyOn(console, "error").mockImplementation(() => {})
    await expect(adder.crash()).rejects.toMatchObject({ code: "internal", message: "TypeError: x is not a function" })
    expect(shown).toHaveBeenCalledOnce()
    shown.mockRestore()
  })

  it("can be awaited itself, as async functions do with what they return", async () => {
    const returned = await (async () => adder)()
    expect(await returned.add(2, 2)).toBe(4)
  })
})
