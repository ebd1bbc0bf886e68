/** The workflows that are deployed. */
import { z } from "zod"
import { type Workflow, workflowJson } from "../graph/workflow.ts"
import { findWorkflow } from "../objects/start-run.ts"
import { anyJson, named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { endpoint } from "./resource.ts"

const WorkflowSummary = named(
  "WorkflowSummary",
  z.object({
    name: z.string(),
    version: z.int(),
    digest: z.string().meta({ description: "Changes with any step, prompt or schema." }),
    description: z.string().exactOptional(),
    examples: z.array(z.string()).readonly().meta({ description: "Names of inputs that show the workflow at work." }),
    links: z.record(z.string(), z.string()),
  }),
)

const WorkflowList = named("WorkflowList", z.object({ workflows: z.array(WorkflowSummary).readonly() }))

const WorkflowGraph = named(
  "Workflow",
  z.object({
    name: z.string(),
    version: z.int(),
    digest: z.string(),
    description: z.string().exactOptional(),
    input: anyJson.meta({ description: "JSON Schema of the input." }),
    output: anyJson.exactOptional().meta({ description: "JSON Schema of the output, where it is known." }),
    examples: z.record(z.string(), anyJson).meta({ description: "Inputs by name." }),
    steps: anyJson.meta({ description: "The graph: steps in order, with the scopes inside them." }),
  }),
)

export const workflows = [
  endpoint({
    method: "GET",
    path: "/v1/workflows",
    summary: "List the workflows",
    answers: { 200: { description: "All workflows that are deployed.", schema: WorkflowList } },
    handle(_asked, { deployment }) {
      const list: z.infer<typeof WorkflowList> = { workflows: [...deployment.workflows.values()].map(summary) }
      return json(list)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/workflows/{name}",
    summary: "Read a workflow's graph, schemas and examples",
    params: z.object({ name: z.string() }),
    answers: { 200: { description: "The graph.", schema: WorkflowGraph } },
    handle: ({ params }, { deployment }) => json(workflowJson(findWorkflow(deployment, params.name))),
  }),
]

function summary({ name, version, digest, description, examples }: Workflow): z.infer<typeof WorkflowSummary> {
  const self = `/v1/workflows/${name}`
  return {
    name,
    version,
    digest,
    ...(description === undefined ? {} : { description }),
    examples: Object.keys(examples),
    links: { self, runs: `${self}/runs` },
  }
}
