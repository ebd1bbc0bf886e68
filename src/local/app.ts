/** The HTTP endpoints of the embedded models, as a fetch handler: which request goes to which model. */
import { Hono } from "hono"
import type { Clock } from "../lib/clock.ts"
import { newId } from "../lib/id.ts"
import type { Random } from "../lib/random.ts"
import { chat } from "./chat.ts"
import { chatResponse } from "./chat-reply.ts"
import type { Engines } from "./engines.ts"
import { MODELS, modelName, unknownModel } from "./models.ts"
import {
  chatRequest,
  embeddingsRequest,
  modelOfRequest,
  moderationsRequest,
  parseJson,
  parseRequest,
} from "./requests.ts"
import type { Upstream } from "./upstream.ts"
import { embeddings, moderations } from "./vectors-and-scores.ts"
import { wireError, wireErrorResponse, wireProblemOf } from "./wire-error.ts"

export interface AppContext {
  readonly engines: Engines
  readonly upstream: Upstream | undefined
  readonly clock: Clock
  readonly random: Random
  /** One line for whoever watches the server. */
  readonly log: (line: string) => void
}

/** Bytes of one request: an image of the greatest size as base64, and some text. */
export const MAX_BODY_BYTES = 30 * 1024 * 1024

export function localModelsApp(context: AppContext): Hono {
  const { engines, upstream, clock, random } = context
  const seconds = (): number => Math.floor(clock.nowMs() / 1000)
  const startedAt = seconds()
  const own = Object.entries(MODELS).map(([id, { method, description }]) => ({
    id,
    object: "model",
    created: startedAt,
    owned_by: "waybill-local",
    waybill: { method, description },
  }))

  const app = new Hono()
  app.use(async ({ req }, next) => {
    refuseForeignPages(req.raw)
    await next()
  })
  app.get("/healthz", ({ json }) => json({ status: "ok", models: Object.keys(MODELS) }))
  app.get("/v1/models", async ({ json }) =>
    json({ object: "list", data: [...own, ...((await upstream?.models()) ?? [])] }),
  )
  app.get("/v1/models/:id{.+}", async ({ req, json }) => {
    const id = modelName(req.param("id"))
    if (id !== undefined) return json(own.find((model) => model.id === id))
    if (upstream) return upstream.forward(req.raw, undefined)
    throw unknownModel(req.param("id"))
  })
  app.post("/v1/chat/completions", ({ req }) =>
    serve(req.raw, undefined, context, async (model, body) => {
      const request = parseRequest(chatRequest, body)
      const identity = { id: newId("chatcmpl", clock, random), created: seconds() }
      return chatResponse(await chat(model, request, engines), request, identity)
    }),
  )
  app.post("/v1/embeddings", ({ req }) =>
    serve(req.raw, undefined, context, (model, body) =>
      embeddings(model, parseRequest(embeddingsRequest, body), engines),
    ),
  )
  app.post("/v1/moderations", ({ req }) =>
    serve(req.raw, "moderate", context, (model, body) =>
      moderations(model, parseRequest(moderationsRequest, body), engines, newId("modr", clock, random)),
    ),
  )
  app.all("*", async ({ req }) => {
    if (upstream && req.path.startsWith("/v1/")) return upstream.forward(req.raw, await bodyOf(req.raw))
    throw wireError(
      404,
      "not_found",
      `There is nothing at ${req.method} ${req.path}. See GET /v1/models for what is served.`,
    )
  })
  app.onError((error) => {
    const problem = wireProblemOf(error)
    if (problem.status >= 500) context.log(`${problem.status} ${problem.code}: ${problem.message}`)
    return wireErrorResponse(problem)
  })
  return app
}

type Handler = (model: NonNullable<ReturnType<typeof modelName>>, body: unknown) => Promise<Response>

/** Reads the body once; the model it names decides whether it is answered here or upstream. */
async function serve(
  request: Request,
  defaultModel: string | undefined,
  context: AppContext,
  handle: Handler,
): Promise<Response> {
  const bytes = await bodyOf(request)
  const body = parseJson(bytes)
  const named = parseRequest(modelOfRequest, body).model ?? defaultModel
  if (named === undefined)
    throw wireError(400, "invalid_request", 'model: Expected the name of a model, such as "extract".', "model")
  const model = modelName(named)
  if (model !== undefined) return handle(model, body)
  if (context.upstream) return context.upstream.forward(request, bytes)
  throw unknownModel(named)
}

/** The body, at most so many bytes of it: what says it is longer is refused before it is read, what is longer while it is. */
async function bodyOf(request: Request): Promise<Uint8Array> {
  const tooLarge = (): Error =>
    wireError(413, "request_too_large", `The request is larger than ${MAX_BODY_BYTES} bytes.`)
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength
    if (length > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A web page that somebody has open must not use this server, nor the upstream's key, through their browser. */
function refuseForeignPages(request: Request): void {
  const origin = request.headers.get("origin")
  if (origin === null || isLoopback(origin)) return
  throw wireError(403, "foreign_origin", `Requests from pages of ${origin} are not answered.`)
}

function isLoopback(origin: string): boolean {
  return /^https?:\/\/(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(origin)
}
