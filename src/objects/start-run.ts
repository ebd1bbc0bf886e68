/** From what a caller sent to what a run's object is started with: the one way into a run, for HTTP and sockets alike. */
import { isStepOf } from "../engine/locate.ts"
import { jsonSchema, parseWith } from "../graph/schema.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { breakpointsOf, inputOf, type RunStart, runStart, type StartBody } from "../protocol/start.ts"
import type { Breakpoint } from "../run/event.ts"
import { kindsByName } from "../steps/index.ts"
import { blobsOf } from "./blobs.ts"
import type { Deployment, Env } from "./environment.ts"
import { ingestMedia } from "./media.ts"

/**
 * Checks the input and stores its media. Throws `workflow_not_found`, `input_invalid` with every path, `media_invalid`,
 * `request_invalid` for a breakpoint that cannot be met.
 * Nothing is written but blobs, which nobody sees until a run names them.
 */
export async function prepareStart(
  env: Env,
  deployment: Deployment,
  run: Pick<RunStart, "runId" | "workflow" | "tenant">,
  body: StartBody,
): Promise<RunStart> {
  const workflow = findWorkflow(deployment, run.workflow)
  const given = inputOf(body, workflow)
  parseWith(workflow.input, given, "input_invalid", "input")
  checkBreakpoints(breakpointsOf(body).breakpoints, workflow)
  const fetcher: typeof fetch = (input, init) => fetch(input, init)
  const input = await ingestMedia(given, jsonSchema(workflow.input, "input"), {
    fetch: fetcher,
    blobs: blobsOf(env),
  })
  return runStart(body, { ...run, input })
}

/** A breakpoint that can never be met would let the run do what it was to be kept from. Throws `request_invalid`. */
export function checkBreakpoints(breakpoints: readonly Breakpoint[] = [], { name, scope }: Workflow): void {
  for (const [index, breakpoint] of breakpoints.entries()) {
    const path = `body.breakpoints[${index}]`
    if ("step" in breakpoint && !isStepOf(scope, breakpoint.step, kindsByName))
      throw unmet(`${path}.step`, breakpoint.step, `the path or the name of a step of ${name}`)
    if ("kind" in breakpoint && !Object.hasOwn(kindsByName, breakpoint.kind))
      throw unmet(`${path}.kind`, breakpoint.kind, `one of: ${Object.keys(kindsByName).join(", ")}`)
  }
}

function unmet(path: string, found: string, expected: string): WaybillError {
  return new WaybillError("request_invalid", `${path}: found ${JSON.stringify(found)}, expected ${expected}.`, { path })
}

/** Throws `workflow_not_found`, naming those that there are. */
export function findWorkflow(deployment: Deployment, name: string): Workflow {
  const workflow = deployment.workflows.get(name)
  if (workflow) return workflow
  const known = [...deployment.workflows.keys()].join(", ")
  throw new WaybillError("workflow_not_found", `Found the workflow "${name}", expected one of: ${known || "(none)"}.`)
}
