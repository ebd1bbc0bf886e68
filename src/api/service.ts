/** The service itself: whether it lives, and how it is described. */
import { z } from "zod"
import { named } from "../protocol/wire.ts"
import { json } from "./answer.ts"
import { openApiDocument } from "./openapi.ts"
import { type Endpoint, endpoint } from "./resource.ts"

const Health = named("Health", z.object({ status: z.literal("ok") }))

const health = endpoint({
  method: "GET",
  path: "/healthz",
  summary: "Say whether the server answers",
  isPublic: true,
  answers: { 200: { description: "It does.", schema: Health } },
  handle: () => json({ status: "ok" } satisfies z.infer<typeof Health>),
})

/** The endpoints of the service; the document describes them and `others`. */
export function service(others: readonly Endpoint[]): readonly Endpoint[] {
  let document: object | undefined
  const openapi = endpoint({
    method: "GET",
    path: "/openapi.json",
    summary: "Read this description",
    isPublic: true,
    answers: { 200: { description: "OpenAPI 3.1." } },
    handle() {
      // Made when somebody asks: it takes longer than all else that an isolate does to start.
      document ??= openApiDocument([health, openapi, ...others])
      return json(document)
    },
  })
  return [health, openapi]
}
