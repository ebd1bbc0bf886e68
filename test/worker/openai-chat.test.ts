/** Chat completions through the OpenAI-compatible door, as OpenAI's own client sees them; the models behind it are scripted. */
import { describe, expect, it } from "vitest"
import { isJsonObject } from "../../src/lib/json.ts"
import chat from "../fixtures/screens/abusive-message-chat.png"
import { get, post, put } from "./support/client.ts"
import { CITY, client, complete, echoed, errorOf, logged, QUESTION, streamed, WEATHER } from "./support/openai.ts"
import { shipped } from "./support/worker.ts"

describe("chat completions", () => {
  it("[DOOR1] are answered by a route, an alias or a model in full", async () => {
    const said = async (model: string) => (await complete(model)).choices[0]?.message.content
    expect(await said("route/plan")).toBe("I am quick.")
    expect(await said("first")).toBe("I am first.")
    expect(await said("openai-compatible/anyone")).toBe("I am anyone.")
    const { object, model, choices, usage } = await complete("first")
    expect({ object, model }).toEqual({ object: "chat.completion", model: "openai-compatible/first" })
    expect(choices).toMatchObject([{ index: 0, finish_reason: "stop", message: { role: "assistant" } }])
    expect(usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 })
  })

  it("[DOOR2] say why which model answered and what it cost, and are on record", async () => {
    const { response } = await complete("route/plan", { user: "u7" }).withResponse()
    expect(response.headers.get("x-waybill-model")).toBe("openai-compatible/quick")
    expect(response.headers.get("x-waybill-decision")).toContain("openai-compatible/busy failed (provider.overloaded)")
    expect(response.headers.get("x-waybill-cost-usd")).toBe("0.000000000")
    expect(await logged(response)).toMatchObject({
      endpoint: "chat.completions",
      asked: "route/plan",
      status: "succeeded",
      user: "u7",
      decision: { route: "plan", routingVersion: shipped.version },
      attempts: [
        { model: "busy", outcome: "failed" },
        { model: "quick", outcome: "succeeded" },
      ],
    })
    const { body } = await get("/v1/operations?limit=1")
    expect(body).toMatchObject({
      operations: [{ id: response.headers.get("x-waybill-operation") }],
      nextCursor: response.headers.get("x-waybill-operation"),
    })
  })

  it("[DOOR3] stream", async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "route/plan", messages: QUESTION, stream: true },
      stream_options: { include_usage: true },
    })
    let text = ""
    const chunks = []
    for await (const chunk of stream) {
      chunks.push(chunk)
      text += chunk.choices[0]?.delta.content ?? ""
    }
    expect(text).toBe("I am quick.")
    expect(chunks.length).toBeGreaterThan(4)
    expect(chunks[0]?.choices[0]?.delta).toMatchObject({ role: "assistant" })
    expect(chunks.at(-2)).toMatchObject({
      choices: [{ finish_reason: "stop" }],
      waybill: {
        model: "openai-compatible/quick",
        decision: expect.stringContaining("busy failed"),
        cost_usd: "0.000000000",
      },
    })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 15 } })
  })

  it("[DOOR3] that fail before the first piece have the failure's status, and after it end with an error", async () => {
    expect(await errorOf(streamed("openai-compatible/limited"))).toMatchObject({ status: 429 })
    const cut = await errorOf(streamed("openai-compatible/cut"))
    expect(cut).toMatchObject({ code: "stream_cut", type: "server_error" })
    const { body } = await get("/v1/operations?limit=1")
    expect(body).toMatchObject({ operations: [{ status: "failed", attempts: [{ model: "cut" }] }] })
  })

  it("[DOOR3] whose beginning another attempt overtakes go on with it when it says the same, else end with an error", async () => {
    const hedged = (rival: string) => ({ try: ["openai-compatible/drip", rival], hedge: { after: "50ms" } })
    const config = { routes: { same: hedged("openai-compatible/quick"), other: hedged("openai-compatible/echo") } }
    expect(await put("/v1/routing", config)).toMatchObject({ status: 200 })
    expect(await streamed("route/same")).toBe("I am quick.")
    expect(await errorOf(streamed("route/other"))).toMatchObject({ code: "operation_failed" })
    await post("/v1/routing/rollback", { version: shipped.version })
  })

  it("[DOOR4] call tools and take their results", async () => {
    for (const stream of [false, true]) {
      const turn = { model: "openai-compatible/caller", messages: QUESTION, tools: [WEATHER] }
      const { choices } = stream
        ? await client.chat.completions.stream(turn).finalChatCompletion()
        : await client.chat.completions.create(turn)
      expect(choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: { tool_calls: [{ id: "call_0", function: { name: "weather", arguments: '{"city":"Paris"}' } }] },
      })
    }
    const call = { id: "c1", type: "function" as const, function: { name: "weather", arguments: '{"city":"Paris"}' } }
    const sent = await echoed({
      tools: [WEATHER],
      tool_choice: { type: "function", function: { name: "weather" } },
      messages: [
        ...QUESTION,
        { role: "assistant", content: null, tool_calls: [call] },
        { role: "tool", tool_call_id: "c1", content: "18 °C" },
      ],
    })
    expect(sent).toMatchObject({
      tool_choice: "required",
      messages: [{}, { tool_calls: [call] }, { role: "tool", tool_call_id: "c1", content: "18 °C" }],
    })
  })

  it("[DOOR5] keep to a JSON schema, streamed too", async () => {
    const response_format = { type: "json_schema" as const, json_schema: { name: "place", schema: CITY, strict: true } }
    const { choices } = await complete("openai-compatible/json", { response_format })
    expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ city: "Paris" })
    const runner = client.chat.completions.stream({
      model: "openai-compatible/json",
      messages: QUESTION,
      response_format,
    })
    expect(await runner.finalContent()).toBe('{"city":"Paris"}')
    expect(await errorOf(complete("openai-compatible/prose", { response_format }))).toMatchObject({
      status: 502,
      code: "invalid_json",
    })
  })

  it("[DOOR6] take images, and hide what the routing hides", async () => {
    const url = `data:image/png;base64,${Buffer.from(new Uint8Array(chat)).toString("base64")}`
    const picture = { type: "image_url" as const, image_url: { url } }
    const content = [{ type: "text" as const, text: "Ask jane@example.com." }, picture]
    const { choices } = await complete("openai-compatible/gpt-5-vision", { messages: [{ role: "user", content }] })
    expect(choices[0]?.message.content).toBe("I am gpt-5-vision.")
    const broken = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } }
    expect(await errorOf(complete("first", { messages: [{ role: "user", content: [broken] }] }))).toMatchObject({
      status: 400,
      param: "messages[0].content[0].image_url.url",
    })
    const { data, response } = await complete("openai-compatible/echo", {
      messages: [{ role: "user", content: "Ask jane@example.com." }],
    }).withResponse()
    // The echo said a placeholder; the caller sees what stood there.
    expect(data.choices[0]?.message.content).toContain("Ask jane@example.com.")
    expect(await logged(response)).toMatchObject({ redactions: 1 })
    const key = "-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----"
    expect(await errorOf(complete("first", { messages: [{ role: "user", content: key }] }))).toMatchObject({
      status: 400,
      code: "redaction_blocked",
    })
  })

  it("[DOOR7] pass settings on, and an answer that hit its token limit is one", async () => {
    const settings = {
      temperature: 0.5,
      top_p: 0.9,
      stop: ["END"],
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
    }
    expect(await echoed({ ...settings, max_completion_tokens: 50 })).toMatchObject({ ...settings, max_tokens: 50 })
    const { choices } = await complete("openai-compatible/longwinded", { max_tokens: 2 })
    expect(choices[0]).toMatchObject({ finish_reason: "length", message: { content: "Once upon" } })
  })

  it("[DOOR8] refuse what cannot be done by name, and name what changes nothing", async () => {
    expect(await errorOf(complete("first", { logprobs: true }))).toMatchObject({ status: 400, param: "logprobs" })
    expect(await errorOf(complete("first", { n: 2 }))).toMatchObject({ status: 400, param: "n" })
    const { response } = await complete("first", { store: true, service_tier: "auto" }).withResponse()
    expect(response.headers.get("x-waybill-ignored")).toBe("store, service_tier")
  })

  it("[DOOR14] stay in the region and take the rules of the tags that their headers name", async () => {
    const config = {
      models: { european: { model: "openai-compatible/european", region: "eu" } },
      routes: { plan: { try: ["openai-compatible/anywhere", "european"] } },
      rules: [
        { when: { "run.region": { $ne: null } }, require: { region: "{run.region}" } },
        { when: { tags: "vip" }, use: "openai-compatible/best" },
      ],
    }
    expect(await put("/v1/routing", config)).toMatchObject({ status: 200 })
    const said = async (headers: Record<string, string>) =>
      (await complete("route/plan", {}, { headers })).choices[0]?.message.content
    expect(await said({})).toBe("I am anywhere.")
    expect(await said({ "x-waybill-region": "eu" })).toBe("I am european.")
    expect(await said({ "x-waybill-tags": "new, vip" })).toBe("I am best.")
    const nowhere = complete("route/plan", {}, { headers: { "x-waybill-region": "mars" } })
    expect(await errorOf(nowhere)).toMatchObject({ status: 403, code: "residency" })
    await post("/v1/routing/rollback", { version: shipped.version })
  })

  it("[DOOR10] end when their caller goes away, and what they cost until then is on record", async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "openai-compatible/drip", messages: QUESTION, stream: true },
    })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    expect(await latestOnceIt("cancelled")).toMatchObject({
      asked: "openai-compatible/drip",
      attempts: [{ model: "drip", outcome: "aborted", estimated: true }],
    })
  })
})

/** The latest operation on record, as soon as it is `status`. */
async function latestOnceIt(status: string): Promise<unknown> {
  for (;;) {
    const { operations } = (await get("/v1/operations?limit=1")).body
    const latest: unknown = Array.isArray(operations) ? operations[0] : undefined
    if (isJsonObject(latest) && latest.status === status) return latest
  }
}
