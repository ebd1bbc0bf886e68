/**
 * Runs the sandbox business service as a program: `node workflows/support-refund/sandbox/main.ts --port 0 --db :memory:`.
 * Prints one JSON line, `{"ready":true,"port":N}`, when it serves; ends on SIGINT and SIGTERM.
 */
import { parseArgs } from "node:util"
import { type Sandbox, startSandbox } from "./server.ts"

const USAGE = "usage: node main.ts [--port <0-65535, default 0: any>] [--db <file, default :memory:>]"

function options(): { port: number; db: string } {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "0" }, db: { type: "string", default: ":memory:" } },
  })
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65535) throw new Error(`--port is '${values.port}', not a port number.`)
  return { port, db: values.db }
}

async function start(): Promise<Sandbox | undefined> {
  try {
    return await startSandbox(options())
  } catch (error) {
    console.error(`sandbox: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
    process.exitCode = 1
    return undefined
  }
}

const sandbox = await start()
if (sandbox) {
  console.log(JSON.stringify({ ready: true, port: sandbox.port }))
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void sandbox.close())
}
