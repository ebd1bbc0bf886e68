/** A thread for `thread.test.ts`: echoes, and on demand refuses, crashes, falls silent or dies at its start. */
import { serveThread } from "../../../src/local/serve-thread.ts"
import { wireError } from "../../../src/local/wire-error.ts"

await serveThread(async () => {
  if (process.env.MOODY === "dead") throw new Error("cannot load the weights")
  return async (request) => {
    if (request === "refuse") throw wireError(400, "invalid_image", "no image", "input")
    if (request === "crash")
      process.nextTick(() => {
        throw new Error("out of memory")
      })
    if (request === "crash" || request === "silence") await new Promise(() => undefined)
    return `echo ${String(request)}`
  }
})
