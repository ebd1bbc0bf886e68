import { request as httpRequest } from "node:http"
import OpenAI, { APIError } from "openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { MAX_BODY_BYTES } from "../../src/local/app.ts"
import { type LocalModels, startLocalModels } from "../../src/local/server.ts"
import { post as postTo, question, SCREEN } from "./asking.ts"
import { startUpstreamStub, UPSTREAM_ANSWER, UPSTREAM_STREAM } from "./upstream-stub.ts"

let upstream: Awaited<ReturnType<typeof startUpstreamStub>>
let models: LocalModels
let openai: OpenAI
const faults: string[] = []

beforeAll(async () => {
  upstream = await startUpstreamStub()
  models = await startLocalModels({
    port: 0,
    upstream: { baseUrl: `${upstream.url}/v1/`, apiKey: "upstream-key" },
    log: (line) => faults.push(line),
  })
  openai = new OpenAI({ baseURL: `${models.url}/v1`, apiKey: "callers-key", maxRetries: 0 })
})
afterAll(async () => {
  await models.close()
  upstream.close()
})

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return postTo(`${models.url}${path}`, body, headers)
}

describe("[LOCAL10] bad input gets an error in OpenAI's shape, and the server goes on", () => {
  const chat = "/v1/chat/completions"
  const image = (url: string) => ({
    model: "ocr",
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
  })
  const schema = (of: object) => ({
    model: "extract",
    messages: question,
    response_format: { type: "json_schema", json_schema: { schema: of } },
  })
  const url = "messages[0].content[0].image_url.url"
  it.each([
    ["no JSON", chat, "{oops", 400, "invalid_json", null],
    ["no body", chat, "", 400, "invalid_json", null],
    ["no model", chat, { messages: question }, 400, "invalid_request", "model"],
    ["no messages", chat, { model: "ocr", messages: [] }, 400, "invalid_request", "messages"],
    [
      "a part of another type",
      chat,
      { model: "ocr", messages: [{ role: "user", content: [{ type: "input_audio" }] }] },
      400,
      "invalid_request",
      "messages[0].content[0].type",
    ],
    [
      "no image for the reader",
      chat,
      { model: "ocr", messages: [{ role: "user", content: "Hi" }] },
      400,
      "image_missing",
      "messages",
    ],
    [
      "text that says it is an image",
      chat,
      image(`data:image/png;base64,${Buffer.from("I am no image, am I?".repeat(3)).toString("base64")}`),
      400,
      "invalid_image",
      url,
    ],
    [
      "a damaged image",
      chat,
      image(`data:image/png;base64,${SCREEN.subarray(0, 2000).toString("base64")}`),
      400,
      "invalid_image",
      null,
    ],
    ["an image on the network", chat, image("https://images.example/a.png"), 400, "unsupported_image_url", url],
    [
      "extraction without a schema",
      chat,
      { model: "extract", messages: question },
      400,
      "schema_missing",
      "response_format",
    ],
    [
      "a schema of an unknown type",
      chat,
      schema({ type: "object", properties: { x: { type: "sting" } } }),
      400,
      "invalid_json_schema",
      "response_format.json_schema.schema",
    ],
    [
      "a schema with conditions",
      chat,
      schema({ type: "object", if: {} }),
      400,
      "invalid_json_schema",
      "response_format.json_schema.schema",
    ],
    [
      "tools",
      chat,
      { model: "extract", messages: question, tools: [{ type: "function" }] },
      400,
      "unsupported_parameter",
      "tools",
    ],
    ["two answers", chat, { model: "ocr", messages: question, n: 2 }, 400, "unsupported_parameter", "n"],
    [
      "a model at the wrong endpoint",
      chat,
      { model: "embed", messages: question },
      400,
      "unsupported_model_for_endpoint",
      "model",
    ],
    [
      "a reader asked for vectors",
      "/v1/embeddings",
      { model: "ocr", input: "x" },
      400,
      "unsupported_model_for_endpoint",
      "model",
    ],
    ["no texts to embed", "/v1/embeddings", { model: "embed", input: [] }, 400, "invalid_request", "input"],
    ["tokens to embed", "/v1/embeddings", { model: "embed", input: [1, 2] }, 400, "invalid_request", "input[0]"],
    [
      "other dimensions",
      "/v1/embeddings",
      { model: "embed", input: "x", dimensions: 256 },
      400,
      "unsupported_parameter",
      "dimensions",
    ],
    [
      "a text too long to embed",
      "/v1/embeddings",
      { model: "embed", input: "x".repeat(40_000) },
      400,
      "text_too_long",
      "input",
    ],
    [
      "a text too long to search",
      chat,
      { ...schema({ type: "object" }), messages: [{ role: "user", content: "x".repeat(200_001) }] },
      400,
      "context_length_exceeded",
      "messages",
    ],
    ["a body too large", chat, `{"model":"ocr","pad":"${"x".repeat(MAX_BODY_BYTES)}"}`, 413, "request_too_large", null],
    ["a foreign page", chat, { model: "template", messages: question }, 403, "foreign_origin", null],
  ])("%s", async (what, path, body, status, code, param) => {
    const response = await post(path, body, what === "a foreign page" ? { origin: "https://evil.example" } : {})
    expect(await response.json()).toEqual({
      error: { message: expect.stringMatching(/\w{3}.*[.…]$/s), type: "invalid_request_error", code, param },
    })
    expect(response.status).toBe(status)
  })

  it("a body of unknown length is cut off at the limit", async () => {
    const status = await new Promise((resolve) => {
      const request = httpRequest(`${models.url}${chat}`, { method: "POST" }, (response) =>
        resolve(response.statusCode),
      )
      request.on("error", () => resolve("cut off"))
      const piece = Buffer.alloc(1024 * 1024, "x")
      const send = (left: number): void => {
        if (left === 0) request.end()
        else request.write(piece, () => send(left - 1))
      }
      send(MAX_BODY_BYTES / piece.length + 8)
    })
    expect([413, "cut off"]).toContain(status)
  })

  it("OpenAI's client throws it as its own error", async () => {
    const refused = openai.chat.completions.create({ model: "extract", messages: [...question] })
    await expect(refused).rejects.toBeInstanceOf(APIError)
    await expect(refused).rejects.toMatchObject({ status: 400, code: "schema_missing" })
  })

  it("and none of it is a fault of the server, which still serves", async () => {
    expect(faults).toEqual([])
    expect(await (await fetch(`${models.url}/healthz`)).json()).toMatchObject({ status: "ok" })
  })
})

describe("[LOCAL11] a model that is not ours is the upstream's", () => {
  const body = '{ "model" : "llama3",\n "messages":[{"role":"user","content":"Grüße"}] }'

  it("and stands in the list beside ours", async () => {
    const listed = (await openai.models.list()).data.map((model) => model.id)
    expect(listed).toEqual(["ocr", "extract", "template", "embed", "moderate", "llama3"])
  })

  it("which gets the request, and whose answer comes back, byte for byte", async () => {
    const response = await post("/v1/chat/completions", body)
    expect(await response.text()).toBe(UPSTREAM_ANSWER)
    expect(response.headers.get("x-waybill-method")).toBeNull()
    expect(upstream.requests.at(-1)).toMatchObject({ method: "POST", url: "/v1/chat/completions", body })
  })

  it("streams included", async () => {
    const response = await post("/v1/chat/completions", body.replace("{ ", '{"stream":true,'))
    expect(response.headers.get("content-type")).toBe("text/event-stream")
    expect(await response.text()).toBe(UPSTREAM_STREAM)
  })

  it("errors included", async () => {
    const response = await post("/v1/chat/completions", { model: "limited", messages: [] })
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"])
    expect(await response.text()).toBe('{"error":{"message":"slow down"}}')
  })

  it("under its own key: the caller's is not passed on", async () => {
    await expect(openai.chat.completions.create({ model: "llama3", messages: [] })).resolves.toMatchObject({
      id: "up-1",
    })
    expect(upstream.requests.at(-1)?.headers.authorization).toBe("Bearer upstream-key")
  })

  it("as are endpoints that are not ours", async () => {
    const response = await post("/v1/responses?x=1", '{"model":"llama3"}')
    expect(response.status).toBe(200)
    expect(upstream.requests.at(-1)).toMatchObject({ url: "/v1/responses?x=1", body: '{"model":"llama3"}' })
  })
})
