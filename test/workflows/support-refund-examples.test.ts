/** The named inputs of the support workflow, as the API serves them. */
import { readFileSync } from "node:fs"
import { expect, it } from "vitest"
import { workflowJson } from "../../src/graph/workflow.ts"
import { supportRefund } from "../../workflows/support-refund/workflow.ts"

it.each(["double-charge", "error-page", "abusive-message"])("%s is an example, with its shipped screenshot", (name) => {
  const png = readFileSync(`workflows/support-refund/screens/${name}.png`).toString("base64")
  const json = workflowJson(supportRefund)
  expect(json).toMatchObject({ examples: { [name]: { screenshot: `data:image/png;base64,${png}` } } })
  expect(Object.keys(supportRefund.examples)).toEqual(["double-charge", "error-page", "abusive-message"])
})
