/** The inside of a model's worker thread: loads the model once, then answers one request after the other. */
import { parentPort } from "node:worker_threads"
import { wireProblemOf } from "./wire-error.ts"

/** Runs `load`, tells the owner that the thread is warm, and answers each message with what `load`'s function returns. */
export async function serveThread(load: () => Promise<(request: unknown) => Promise<unknown>>): Promise<void> {
  const port = parentPort
  if (!port) throw new Error("serveThread runs only inside a worker thread.")
  const answer = await load()
  port.on("message", (request: unknown) => {
    answer(request).then(
      (reply) => port.postMessage({ reply }),
      (thrown: unknown) => port.postMessage({ problem: wireProblemOf(thrown) }),
    )
  })
  port.postMessage({ ready: true })
}
