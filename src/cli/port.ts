/** The port of the server: read, checked before anything is started, or found when any will do. */
import { createServer } from "node:net"
import { WaybillError } from "../lib/errors.ts"

export const DEFAULT_PORT = 8787
export const LOOPBACK = "127.0.0.1"

/** The port number that `text` says. Throws `usage` when it says none. `0` means any free port. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new WaybillError("usage", `PORT is ${JSON.stringify(text)}, expected a number from 0 to 65535.`)
}

/** A port that is free on loopback: `wanted` itself, or any for 0. Throws `port_taken`. */
export function freePort(wanted: number): Promise<number> {
  const probe = createServer()
  return new Promise((resolve, reject) => {
    probe.once("error", (error: Error & { code?: string }) => {
      const why = error.code === "EADDRINUSE" ? "is taken" : `cannot be used (${error.code ?? error.message})`
      reject(new WaybillError("port_taken", `Port ${wanted} of ${LOOPBACK} ${why}.`, {}, { cause: error }))
    })
    probe.listen(wanted, LOOPBACK, () => {
      const address = probe.address()
      const port = typeof address === "object" && address ? address.port : wanted
      probe.close(() => resolve(port))
    })
  })
}
