import { describe, expect, it } from "vitest"
import type { AiBinding } from "../../../src/providers/transport.ts"
import { recordTransport } from "../../../src/providers/wire/tape.ts"
import { gatewayHeadersOf, requestIdOf } from "../../../src/providers/wire/verdict.ts"

const bodyOf = (...chunks: string[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })

describe("the tape", () => {
  it("records request, status, headers and body as they pass, and changes none", async () => {
    const tape = recordTransport({
      fetch: async () =>
        new Response(bodyOf("a", "é"), { status: 201, headers: { "X-Request-Id": "r1", "cf-aig-step": "0" } }),
    })
    const response = await tape.transport.fetch("https://example.com/x", {
      method: "POST",
      headers: { Authorization: "k" },
    })
    expect(tape.last()).toMatchObject({ url: "https://example.com/x", method: "POST", status: 201, body: "open" })
    expect(await response.text()).toBe("aé")
    expect(response.headers.get("x-request-id")).toBe("r1")
    const exchange = tape.last()
    expect([exchange?.text(), exchange?.body]).toEqual(["aé", "ended"])
    expect(exchange?.requestHeaders).toEqual({ authorization: "k" })
    expect([requestIdOf(exchange), gatewayHeadersOf(exchange)]).toEqual(["r1", { "cf-aig-step": "0" }])
  })

  it("does not read ahead of its reader", async () => {
    let pulled = 0
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1
          controller.enqueue(Uint8Array.of(pulled))
        },
      },
      { highWaterMark: 0 },
    )
    const tape = recordTransport({ fetch: async () => new Response(source) })
    const reader = (await tape.transport.fetch("https://example.com")).body?.getReader()
    expect(pulled).toBe(0)
    await reader?.read()
    expect(pulled).toBe(1)
    await reader?.cancel()
    expect([tape.last()?.body, tape.last()?.bytes().length]).toEqual(["dropped", 1])
  })

  it("tells a connection that broke from one that never was", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new TypeError("terminated"))
      },
    })
    const tape = recordTransport({
      fetch: async (input) => {
        if (String(input).endsWith("refused")) throw new TypeError("fetch failed")
        return new Response(broken)
      },
    })
    const response = await tape.transport.fetch("https://example.com/broken")
    await expect(response.text()).rejects.toThrow("terminated")
    expect(tape.last()).toMatchObject({ status: 200, body: "broken", error: new TypeError("terminated") })
    await expect(tape.transport.fetch("https://example.com/refused")).rejects.toThrow("fetch failed")
    expect(tape.last()).toMatchObject({ status: undefined, body: "none", error: new TypeError("fetch failed") })
    expect(tape.exchanges).toHaveLength(2)
  })

  it("records the AI binding the same way, answers that are values included", async () => {
    const ai: AiBinding = {
      run: async (model) =>
        model === "raw" ? new Response("x", { headers: { "cf-aig-log-id": "l1" } }) : { response: "y" },
      fetch: async () => new Response("native"),
    }
    const { transport, last } = recordTransport({ fetch, ai })
    const raw = await transport.ai?.run("raw", {})
    expect(raw instanceof Response && (await raw.text())).toBe("x")
    expect(last()).toMatchObject({ url: "binding:AI/run/raw", status: 200, headers: { "cf-aig-log-id": "l1" } })
    expect(await transport.ai?.run("value", {})).toEqual({ response: "y" })
    expect([last()?.text(), last()?.status]).toEqual(['{"response":"y"}', 200])
    expect(await (await transport.ai?.fetch("https://workers-binding.ai/x"))?.text()).toBe("native")
    expect(last()?.text()).toBe("native")
  })
})
