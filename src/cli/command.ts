/** What the launcher is asked to do: the command line and the environment, read and checked. */
import { parseArgs } from "node:util"
import { WaybillError } from "../lib/errors.ts"
import { DEFAULT_PORT, parsePort } from "./port.ts"
import type { Environment, Runtime } from "./programs.ts"

export const USAGE = `Waybill: agent workflows in which every decision is explained and every cent accounted for.

  npm start                     start the server, run the demonstration, keep serving
  npm run dev                   start the server and serve
  npm run serve                 the same on the plain runtime: faster, and without rebuilding on an edit
  npm start -- [options]

Options
  --example NAME   the example that the demonstration runs on (default: the workflow's first)
  --no-demo        serve without the demonstration
  --once           end after the demonstration; the exit code says whether its run succeeded
  --json           one JSON value a line instead of text
  --help           this text

Environment
  PORT             port on 127.0.0.1 (default ${DEFAULT_PORT}, 0 for any)
  WAYBILL_STATE    folder for all state (default .waybill)
  SANDBOX_URL, LOCAL_MODELS_URL
                   services to use instead of the ones that are started
  OPENAI_API_KEY, ANTHROPIC_API_KEY, … reach the Worker; without any, the embedded models serve.
`

export type Command =
  | { readonly action: "help" }
  | {
      readonly action: "serve"
      readonly port: number
      readonly statePath: string
      readonly json: boolean
      readonly runtime: Runtime
      readonly demo: { readonly example?: string; readonly once: boolean } | undefined
    }

/** Reads the command. Throws `usage` for what it does not understand. */
export function readCommand(args: readonly string[], env: Environment): Command {
  const { values, positionals } = parse(args)
  if (values.help || positionals[0] === "help") return { action: "help" }
  const [verb = "start", ...rest] = positionals
  if ((verb !== "start" && verb !== "dev" && verb !== "serve") || rest.length > 0) {
    throw new WaybillError("usage", `Found ${JSON.stringify(positionals.join(" "))}, expected start, dev or serve.`)
  }
  const { example, once } = values
  const wantsDemo = verb === "start" && !values["no-demo"]
  if (!wantsDemo && (example !== undefined || once)) {
    throw new WaybillError(
      "usage",
      "--example and --once are about the demonstration, which this command does not run.",
    )
  }
  return {
    action: "serve",
    port: env.PORT ? parsePort(env.PORT) : DEFAULT_PORT,
    statePath: env.WAYBILL_STATE || ".waybill",
    json: values.json,
    runtime: verb === "serve" ? "plain" : "dev",
    demo: wantsDemo ? { once, ...(example === undefined ? {} : { example }) } : undefined,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        example: { type: "string" },
        "no-demo": { type: "boolean", default: false },
        once: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false, short: "h" },
      },
    })
  } catch (error) {
    throw new WaybillError("usage", error instanceof Error ? error.message : String(error), {}, { cause: error })
  }
}
