/**
 * `node src/local/main.ts [--port 8799] [--host 127.0.0.1]`: the embedded models as a process. Prints one line of JSON,
 * `{"ready":true,"port":N}`, when it serves. UPSTREAM_BASE_URL and UPSTREAM_API_KEY name a server for language models.
 */
import { parseArgs } from "node:util"
import { startLocalModels } from "./server.ts"

const DEFAULT_PORT = 8799

function portOf(text: string | undefined): number {
  const port = Number(text ?? DEFAULT_PORT)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  console.error(`Found --port ${text}; expected a number from 0 (any free port) to 65535.`)
  process.exit(2)
}

const { values } = parseArgs({ options: { port: { type: "string" }, host: { type: "string" } } })
const { UPSTREAM_BASE_URL: baseUrl, UPSTREAM_API_KEY: apiKey } = process.env

try {
  const models = await startLocalModels({
    port: portOf(values.port),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(baseUrl ? { upstream: { baseUrl, ...(apiKey ? { apiKey } : {}) } } : {}),
    log: (line) => console.error(line),
  })
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      void models.close().then(() => process.exit(0))
    })
  console.log(JSON.stringify({ ready: true, port: models.port }))
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = reason.includes("EADDRINUSE") ? " Choose another port with --port, or 0 for any that is free." : ""
  console.error(`The embedded models could not be started: ${reason}.${remedy}`)
  process.exit(1)
}
