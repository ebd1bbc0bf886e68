/** The Worker of the tests that deploy other code under a run: the product's objects and API over workflows that `REVISION` changes. */
import { type Effect, NonRetryableError, tool, workflow } from "waybill"
import { scriptedModel } from "waybill/testing"
import { z } from "zod"
import { createApi } from "../../../src/api/index.ts"
import type { Deployment, Env } from "../../../src/objects/environment.ts"
import { type LiveGateway, liveGateway } from "../../../src/objects/live-gateway.ts"
import { RunShell } from "../../../src/objects/run-object.ts"
import { PROVIDERS } from "../../../src/providers/index.ts"
import { defineRouting } from "../../../src/routing/define.ts"

export { CacheObject } from "../../../src/objects/cache-object.ts"
export { ControlObject } from "../../../src/objects/control-object.ts"
export { TenantObject } from "../../../src/objects/tenant-object.ts"

/** Which code is deployed: put into the bundle when it is made. */
declare const REVISION: "old" | "prompted" | "reshaped"

const Nothing = z.object({})

/** Books at a service that counts, slowly enough to be killed meanwhile. */
function booking(name: string, effect: Effect) {
  const at = async (what: string, { secrets, idempotencyKey, fetch: send }: Parameters<Booking>[0]) => {
    const answer = await send(`${secrets.COUNTER_URL}/${what}`, { method: "POST", headers: { key: idempotencyKey } })
    if (answer.status === 409) throw new NonRetryableError("There is none left.")
    return { reference: await answer.text() }
  }
  const booked = { name, description: "Books.", input: Nothing, output: z.object({ reference: z.string() }), effect }
  return tool({ ...booked, run: (call) => at(name, call), compensate: (call) => at(`${name}-undone`, call) })
}
type Booking = (call: {
  secrets: Readonly<Record<string, string | undefined>>
  idempotencyKey: string
  fetch: typeof fetch
}) => void

const saga = workflow("saga", { version: 1, input: Nothing })
  .tool("flight", booking("flight", "idempotent"), () => ({}))
  .tool("hotel", booking("hotel", "idempotent"), () => ({}))
  .tool("car", booking("none-left", "idempotent"), () => ({}))
  .output(() => null)

/** Asleep when its server is killed; its signal has come by then. */
const asleep = workflow("asleep", { version: 1, input: Nothing })
  .tool("before", booking("before", "unsafe"), () => ({}))
  .sleep("nap", "6s")
  .waitFor("letter", { schema: z.string() })
  .tool("after", booking("after", "unsafe"), () => ({}))
  .output(({ letter }) => letter.payload)

const looked = tool({
  name: "look",
  description: "Looks.",
  input: Nothing,
  output: z.object({ seen: REVISION === "reshaped" ? z.string() : z.number() }),
  effect: "read",
  run: () => ({ seen: 1 }),
})

const changing = workflow("changing", { version: 1, input: Nothing })
  .tool("look", looked, () => ({}))
  .approve("boss", { summary: "Go on?" })
  .generate("reply", { prompt: `The code is ${REVISION}.` })
  .output(({ reply }) => reply.text)

const models = scriptedModel((operation) => ({ text: JSON.stringify(operation).match(/The code is (\w+)/)?.[1] ?? "" }))

let shared: LiveGateway | undefined
const routing = defineRouting({ models: {}, routes: { generate: { try: ["local/template"] } } })

const deployment: Deployment = {
  workflows: new Map([saga, asleep, changing].map((one) => [one.name, one])),
  models: () => models,
  gateway: (env: Env) => (shared ??= liveGateway(env, { routing, providers: PROVIDERS, fetch })),
}

export class RunObject extends RunShell {
  protected override readonly deployment = deployment
}

export default createApi(deployment)
