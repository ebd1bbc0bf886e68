/**
 * The Worker that tests inside workerd talk to: the product's own objects and API over the workflows of the tests, with a
 * scripted model in the place of the gateway.
 */
import { scriptedModel } from "waybill/testing"
import { createApi } from "../../../src/api/index.ts"
import type { Deployment } from "../../../src/objects/environment.ts"
import { RunShell } from "../../../src/objects/run-object.ts"
import { workflows } from "./workflows.ts"

export { ControlObject } from "../../../src/objects/control-object.ts"
export { TenantObject } from "../../../src/objects/tenant-object.ts"

const models = scriptedModel({ topic: { value: { kind: "billing" } } }, { costNanoUsd: 1_234_567 })

const deployment: Deployment = {
  workflows: new Map(workflows.map((workflow) => [workflow.name, workflow])),
  models: () => models,
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

export default createApi(deployment)
