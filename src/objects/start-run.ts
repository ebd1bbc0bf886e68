/** From what a caller sent to what a run's object is started with: the one way into a run, for HTTP and sockets alike. */
import { checkBreakpoints } from "../engine/breakpoints.ts"
import { jsonSchema, parseWith } from "../graph/schema.ts"
import type { Workflow } from "../graph/workflow.ts"
import { WaybillError } from "../lib/errors.ts"
import { breakpointsOf } from "../protocol/breakpoint.ts"
import { inputOf, type RunStart, runStart, type StartBody } from "../protocol/start.ts"
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
  checkBreakpoints(breakpointsOf(body).breakpoints ?? [], workflow, kindsByName)
  const fetcher: typeof fetch = (input, init) => fetch(input, init)
  const input = await ingestMedia(given, jsonSchema(workflow.input, "input"), {
    fetch: fetcher,
    blobs: blobsOf(env),
  })
  return runStart(body, { ...run, input })
}

/** What a run that is of the workflow is told when that is not deployed. */
export function codeMissing(name: string): WaybillError {
  const message = `The run is of the workflow "${name}", which is not deployed.`
  return new WaybillError("workflow_missing", message, { workflow: name })
}

/** Throws `workflow_not_found`, naming those that there are. */
export function findWorkflow(deployment: Deployment, name: string): Workflow {
  const workflow = deployment.workflows.get(name)
  if (workflow) return workflow
  const known = [...deployment.workflows.keys()].join(", ")
  throw new WaybillError("workflow_not_found", `Found the workflow "${name}", expected one of: ${known || "(none)"}.`)
}
