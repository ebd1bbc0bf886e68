import { readFileSync } from "node:fs"
import { join } from "node:path"
import OpenAI from "openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { type LocalModels, startLocalModels } from "../../src/local/server.ts"
import { errorScreen, imagePart, post as postTo, question, responseFormat, SCREEN, SCREENS } from "./asking.ts"

let models: LocalModels
let openai: OpenAI

beforeAll(async () => {
  models = await startLocalModels({ port: 0 })
  openai = new OpenAI({ baseURL: `${models.url}/v1`, apiKey: "none", maxRetries: 0 })
})
afterAll(() => models.close())

function post(path: string, body: unknown): Promise<Response> {
  return postTo(`${models.url}${path}`, body)
}

describe("[LOCAL1] OpenAI's own client, without a key or a network,", () => {
  it("lists the models", async () => {
    const listed = (await openai.models.list()).data.map((model) => model.id)
    expect(listed).toEqual(["ocr", "extract", "template", "embed", "moderate"])
    expect(await openai.models.retrieve("local/ocr")).toMatchObject({ id: "ocr", owned_by: "waybill-local" })
  })

  it("reads an image into a schema", async () => {
    const answer = await openai.chat.completions.create({
      model: "ocr",
      messages: [...question],
      response_format: responseFormat,
    })
    const value = errorScreen.parse(JSON.parse(answer.choices[0]?.message.content ?? ""))
    expect(value.errorCode).toBe("EXP-5027")
    expect(value.text).toContain("The report is too large to export.")
    expect(answer).toMatchObject({ model: "local/ocr", choices: [{ finish_reason: "stop" }] })
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(40)
    expect(answer.usage?.total_tokens).toBe((answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
  })

  it("reads an image as text", async () => {
    const answer = await openai.chat.completions.create({ model: "local/ocr", messages: [...question] })
    expect(answer.choices[0]?.message.content).toMatch(/^Tallybook {2}samir\.haddad@northquay\.example\n/)
  })

  it("gets vectors in which like texts are near", async () => {
    const input = ["I was charged twice", "My card was debited two times", "The sky is blue"]
    const { data, model } = await openai.embeddings.create({ model: "embed", input })
    expect(model).toBe("local/embed")
    const cosine = (a = 0, b = 0) =>
      data[a]?.embedding.reduce((sum, value, at) => sum + value * (data[b]?.embedding[at] ?? 0), 0) ?? 0
    expect(data.map(({ embedding }) => embedding.length)).toEqual([512, 512, 512])
    expect(cosine(0, 0)).toBeCloseTo(1, 4)
    expect(cosine(0, 1)).toBeGreaterThan(cosine(0, 2) + 0.2)
    const floats = await openai.embeddings.create({
      model: "embed",
      input: "I was charged twice",
      encoding_format: "float",
    })
    expect(floats.data[0]?.embedding[0]).toBeCloseTo(data[0]?.embedding[0] ?? 1, 5)
  })

  it("gets moderation of texts and of what is written in images", async () => {
    const { results, model } = await openai.moderations.create({ input: ["You worthless idiot.", "How are you?"] })
    expect(model).toBe("local/moderate")
    expect(results.map(({ flagged }) => flagged)).toEqual([true, false])
    expect(results[0]).toMatchObject({ categories: { harassment: true, hate: false } })
    const abuse = readFileSync(join(SCREENS, "abusive-message-chat.png"))
    const seen = await openai.moderations.create({
      model: "moderate",
      input: [{ type: "text", text: "Please look at this." }, imagePart(abuse)],
    })
    expect(seen.results).toHaveLength(1)
    expect(seen.results[0]).toMatchObject({ flagged: true, categories: { "harassment/threatening": true } })
  })
})

describe("[LOCAL2] every answer says how it was made", () => {
  const chat = { messages: question, response_format: responseFormat }
  it.each([
    ["ocr, as text", "/v1/chat/completions", { model: "ocr", messages: question }, "ocr"],
    ["ocr, into a schema", "/v1/chat/completions", { model: "ocr", ...chat }, "extractive"],
    ["extract", "/v1/chat/completions", { model: "extract", ...chat }, "extractive"],
    [
      "template",
      "/v1/chat/completions",
      { model: "template", messages: question, waybill: { template: "Hi" } },
      "template",
    ],
    ["embed", "/v1/embeddings", { model: "embed", input: "Hi" }, "embedding"],
    ["moderate", "/v1/moderations", { input: "Hi" }, "classifier"],
  ])("%s", async (_what, path, body, method) => {
    const response = await post(path, body)
    expect(response.headers.get("x-waybill-method")).toBe(method)
    const answer = await response.json()
    expect(answer).toMatchObject({
      waybill: { method },
      system_fingerprint: expect.stringMatching(/^waybill-local-\d+$/),
    })
    if (method === "extractive")
      expect(answer).toMatchObject({
        waybill: {
          confidence: expect.any(Number),
          fields: { errorCode: { confidence: expect.any(Number), evidence: "Error code: EXP-5027" } },
        },
      })
  })

  it("extract looks at the text and the images, ocr at the images alone", async () => {
    const messages = [{ role: "user", content: [{ type: "text", text: "Customer: Ann Lee" }, imagePart(SCREEN)] }]
    const schema = z.object({
      customer: z.string().nullable(),
      errorCode: z.string().nullable().describe("like ABC-1234"),
    })
    const format = { type: "json_schema", json_schema: { schema: z.toJSONSchema(schema) } }
    const answers = await Promise.all(
      ["extract", "ocr"].map(async (model) => {
        const answer = await (await post("/v1/chat/completions", { model, messages, response_format: format })).json()
        return JSON.parse(Object(answer).choices[0].message.content)
      }),
    )
    expect(answers).toEqual([
      { customer: "Ann Lee", errorCode: "EXP-5027" },
      { customer: null, errorCode: "EXP-5027" },
    ])
  })
})

describe("[LOCAL7] the model template", () => {
  it("answers with the template, word for word", async () => {
    const template = "Hello  Ann,\n\nwe refunded $29.00. {{not a slot}} \u{1F600}"
    const answer = await (
      await post("/v1/chat/completions", { model: "template", messages: question, waybill: { template } })
    ).json()
    expect(answer).toMatchObject({ choices: [{ message: { content: template } }] })
  })

  it("without one says what to configure", async () => {
    const response = await post("/v1/chat/completions", { model: "template", messages: question })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: {
        code: "template_missing",
        message: expect.stringMatching(/`template` closure.*UPSTREAM_BASE_URL.*provider's key/s),
      },
    })
  })
})

describe("[LOCAL9] a stream", () => {
  it("adds up to the answer, says how it was made and ends with [DONE]", async () => {
    const template = "Straße \u{1F600} ".repeat(20)
    const body = {
      model: "template",
      messages: question,
      waybill: { template },
      stream: true,
      stream_options: { include_usage: true },
    }
    const lines = (await (await post("/v1/chat/completions", body)).text()).trim().split("\n\n")
    expect(lines.at(-1)).toBe("data: [DONE]")
    const chunks = lines.slice(0, -1).map((line) => Object(JSON.parse(line.replace(/^data: /, ""))))
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(template)
    expect(chunks.length).toBeGreaterThan(10)
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: "stop" }], waybill: { method: "template" } })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: Math.ceil(template.length / 4) } })
  })

  it("is one that OpenAI's client reads", async () => {
    const stream = await openai.chat.completions.create({
      model: "extract",
      messages: [...question],
      response_format: responseFormat,
      stream: true,
    })
    let text = ""
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ""
    expect(JSON.parse(text)).toMatchObject({ errorCode: "EXP-5027" })
  })

  it("and an answer stop at max_tokens, and say so", async () => {
    const body = { model: "template", messages: question, waybill: { template: "x".repeat(100) }, max_tokens: 5 }
    const answer = await (await post("/v1/chat/completions", body)).json()
    expect(answer).toMatchObject({
      choices: [{ finish_reason: "length", message: { content: "x".repeat(20) } }],
      usage: { completion_tokens: 5 },
    })
  })
})

describe("[LOCAL5] a required value that nothing answers", () => {
  it("is a refusal in OpenAI's shape, not an invention", async () => {
    const schema = z.toJSONSchema(z.object({ amount: z.number() }))
    const answer = await openai.chat.completions.create({
      model: "extract",
      messages: [{ role: "user", content: "How are you?" }],
      response_format: { type: "json_schema", json_schema: { name: "a", schema } },
    })
    expect(answer.choices[0]?.message).toMatchObject({ content: null, refusal: expect.stringContaining('"amount"') })
  })
})
