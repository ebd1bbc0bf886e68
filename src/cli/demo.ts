/** The demonstration of `npm start`: one run of the support workflow on a shipped example, watched from start to end. */
import type { Clock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import type { Json } from "../lib/json.ts"
import type { ApiClient } from "./api-client.ts"
import { formatValue, postCommand } from "./format.ts"
import { JsonRunView, TextRunView } from "./run-view.ts"
import type { Screen } from "./screen.ts"

export const DEMO_WORKFLOW = "support-refund"

export interface DemoOptions {
  readonly api: ApiClient
  readonly url: string
  readonly screen: Screen
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Name of the example; default the first. */
  readonly example?: string
  /** One JSON value a line instead of text. */
  readonly json: boolean
}

/** Runs the demonstration and returns the run's final status. Throws `usage` for an example that does not exist. */
export async function runDemo(options: DemoOptions): Promise<string> {
  const { api, screen, clock, signal, json, url } = options
  const examples = await api.examples(DEMO_WORKFLOW)
  const example = chooseExample(examples, options.example)
  const runId = await api.start(DEMO_WORKFLOW, example)
  if (!json) screen.print("", `  ${screen.style("bold", `${DEMO_WORKFLOW} on the example "${example}"`)}  ${runId}`, "")
  const view = json ? new JsonRunView(screen) : new TextRunView(screen, clock, url)
  try {
    for await (const event of api.events(runId, signal)) view.show(event)
  } finally {
    view.close()
  }
  const { status, output = null } = await api.run(runId)
  const others = examples.filter((name) => name !== example)
  if (json) screen.print(JSON.stringify({ type: "demo.finished", url: `${url}/v1/runs/${runId}`, status, output }))
  else tellEnd(screen, url, runId, output, others)
  return status
}

function chooseExample(examples: readonly string[], wanted = examples[0] ?? ""): string {
  if (examples.includes(wanted)) return wanted
  const known = examples.join(", ") || "none"
  throw new WaybillError("usage", `${DEMO_WORKFLOW} has no example ${JSON.stringify(wanted)}; it has: ${known}.`)
}

function tellEnd(screen: Screen, url: string, runId: string, output: Json, others: readonly string[]): void {
  const run = `${url}/v1/runs/${runId}`
  const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}`.trimEnd())
  if (output !== null) {
    screen.print("", `  ${screen.style("bold", "Answer")}`, ...indented(formatValue(output, screen.width - 4)))
  }
  const next = [
    `curl ${run}/steps     each step: attempts, model, decision, cost`,
    `curl ${run}/cost      what each attempt cost`,
    `curl ${run}/trace     the run as OpenTelemetry`,
    ...others.map((example) => postCommand(`${url}/v1/workflows/${DEMO_WORKFLOW}/runs?wait=60`, { example })),
  ]
  screen.print(
    "",
    `  ${screen.style("bold", "Run")}  ${run}`,
    "",
    `  ${screen.style("bold", "Next")}`,
    ...indented(next),
    "",
  )
}
