/** A WebSocket on a run as a test holds it: frames are read one after the other, so nothing is ever waited for by time. */
import { expect } from "vitest"
import { ServerFrame } from "../../../src/protocol/socket.ts"
import { send } from "./client.ts"

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string }

export interface TestSocket {
  send(frame: unknown): void
  /** The next frame that has not been read. */
  next(): Promise<Frame>
  /** The next frame of this type; those before it are skipped. */
  nextOf(type: string): Promise<Frame>
  close(): void
}

/** Opens a socket on run `id`, or on `new`. */
export async function openSocket(id: string, query = ""): Promise<TestSocket> {
  const response = await send(`/v1/runs/${id}/socket${query}`, { headers: { upgrade: "websocket" } })
  const { webSocket } = response
  if (!webSocket) throw new Error(`The answer was ${response.status}: ${await response.text()}`)
  const unread: Frame[] = []
  const readers: ((frame: Frame) => void)[] = []
  webSocket.addEventListener("message", ({ data }) => {
    const frame: Frame = JSON.parse(String(data))
    // As with HTTP answers: nothing may be missing that the schema promises, and nothing may be undeclared.
    expect(ServerFrame.parse(frame)).toEqual(frame)
    const reader = readers.shift()
    if (reader) reader(frame)
    else unread.push(frame)
  })
  webSocket.accept()
  const next = async (): Promise<Frame> => unread.shift() ?? new Promise((resolve) => readers.push(resolve))
  return {
    next,
    send: (frame) => webSocket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async nextOf(type) {
      for (;;) {
        const frame = await next()
        if (frame.type === type) return frame
      }
    },
    close: () => webSocket.close(),
  }
}
