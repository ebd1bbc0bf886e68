/** Starts the embedded model server: loads the models, then listens. Owns the end of both. */
import { once } from "node:events"
import type { Hono } from "hono"
import { type Clock, systemClock } from "../lib/clock.ts"
import { type Random, systemRandom } from "../lib/random.ts"
import { localModelsApp } from "./app.ts"
import { startEngines } from "./engines.ts"
import { httpServer } from "./http-server.ts"
import { Upstream, type UpstreamOptions } from "./upstream.ts"

export interface LocalModelsOptions {
  /** 0 takes any free port. */
  readonly port: number
  /** Defaults to 127.0.0.1: the server has no keys, so it is for this machine only. */
  readonly host?: string
  readonly upstream?: UpstreamOptions
  /** Told of faults of the server itself, never of refused requests. Silent unless given. */
  readonly log?: (line: string) => void
  readonly clock?: Clock
  readonly random?: Random
}

export interface LocalModels {
  readonly port: number
  /** Such as `http://127.0.0.1:8799`, without `/v1`. */
  readonly url: string
  /** Ends the server, its open answers and every thread. */
  close(): Promise<void>
}

/**
 * Resolves when the models are warm. Rejects at once when the port is taken, and when a model cannot be loaded; nothing
 * of ours is left running then. Whoever connects while the models load waits for them.
 */
export async function startLocalModels(options: LocalModelsOptions): Promise<LocalModels> {
  const { port, host = "127.0.0.1", upstream, log = () => undefined } = options
  const app = Promise.withResolvers<Hono>()
  const server = httpServer(async (request) => (await app.promise).fetch(request))
  const endServer = (): void => {
    server.close()
    server.closeAllConnections()
  }
  server.listen(port, host)
  await once(server, "listening")
  const engines = await startEngines().catch((error: unknown) => {
    endServer()
    throw error
  })
  app.resolve(
    localModelsApp({
      engines,
      upstream: upstream && new Upstream(upstream),
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom,
      log,
    }),
  )
  const address = server.address()
  const actualPort = typeof address === "object" && address !== null ? address.port : port
  const close = async (): Promise<void> => {
    endServer()
    await engines.close()
  }
  return { port: actualPort, url: `http://${host.includes(":") ? `[${host}]` : host}:${actualPort}`, close }
}
