/** Redaction: what a provider sees instead of what was found, and that the way back is exact to the byte. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { redact } from "../../src/gateway/redaction.ts"
import type { Json } from "../../src/lib/json.ts"
import type { GenerateOperation } from "../../src/model/operation.ts"
import { DETECTOR_NAMES } from "../../src/routing/detectors.ts"
import { FOUND, PEM } from "./found.ts"
import { byProvider, chunksOf, inTurn, say, stream } from "./wire.ts"
import { QUESTION, STRUCTURED, world } from "./world.ts"

const EVERYTHING = { detect: DETECTOR_NAMES, mode: "token" } as const
const ROUTES = { plan: { try: ["alpha/m", "beta/m"] } } as const

/** Text in which everything that matters occurs: values, things like placeholders, brackets, any character. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...FOUND.map(([, value]) => value)),
      fc.constantFrom("[[EMAIL_1]]", "[[LITERAL_1]]", "[[", "]]", "[", "[[SECRET_", " ", "\n", '"', "\\", "{", "}"),
      fc.string({ unit: "binary", maxLength: 6 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""))

const plan = { rules: [{ index: 0, config: EVERYTHING }] }

describe("the way back", () => {
  it("[REDACT2] restores any text to the byte", () => {
    fc.assert(
      fc.property(text, (original) => {
        const { operation, placeholders } = redact({ type: "moderate", texts: [original] }, plan)
        const [hidden = ""] = operation.type === "moderate" ? operation.texts : []
        expect(placeholders.text(hidden, false)).toBe(original)
      }),
      { numRuns: 500 },
    )
  })

  it("[REDACT3] restores it from pieces split anywhere", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(20), { minLength: 1 }), fc.boolean(), (original, sizes, json) => {
        const { operation, placeholders } = redact({ type: "moderate", texts: [original] }, plan)
        const [hidden = ""] = operation.type === "moderate" ? operation.texts : []
        const wire = json ? JSON.stringify(hidden) : hidden
        const restorer = placeholders.stream(json)
        let shown = ""
        let at = 0
        for (let turn = 0; at < wire.length; turn += 1) {
          const size = (sizes[turn % sizes.length] ?? 0) + 1
          shown += restorer.push(wire.slice(at, at + size))
          at += size
        }
        shown += restorer.end()
        expect(json ? JSON.parse(shown) : shown).toBe(original)
      }),
      { numRuns: 500 },
    )
  })

  it("restores every text in a JSON value, keys too", () => {
    fc.assert(
      fc.property(fc.jsonValue(), text, (value, original) => {
        const input: Json = JSON.parse(JSON.stringify({ [original]: [original, value] }))
        const message = {
          role: "tool" as const,
          content: [{ type: "tool-result" as const, id: "1", name: "t", output: input }],
        }
        const { operation, placeholders } = redact({ type: "generate", messages: [message] }, plan)
        const [hidden] = operation.type === "generate" ? operation.messages : []
        const output = hidden?.role === "tool" ? hidden.content[0]?.output : undefined
        expect(placeholders.value(output ?? null)).toEqual(input)
      }),
      { numRuns: 200 },
    )
  })

  it("leaves a placeholder alone that the model made up", () => {
    const { placeholders } = redact({ type: "moderate", texts: ["a@b.de"] }, plan)
    expect(placeholders.text("[[EMAIL_1]] [[EMAIL_2]]", false)).toBe("a@b.de [[EMAIL_2]]")
  })
})

const MAIL = "jane@example.com"
const asks = (content: string): GenerateOperation => ({
  ...QUESTION,
  messages: [{ role: "user", content: [{ type: "text", text: content }] }],
})

describe("an operation under redaction", () => {
  const routing = { routes: ROUTES, redact: [EVERYTHING] }

  it("[REDACT4] shows no provider the value, gives it back to the step, and counts it", async () => {
    const { operate, calls } = world({ routing, script: say("I wrote to [[EMAIL_1]].") })
    const outcome = await operate(asks(`Write to ${MAIL}, yes, ${MAIL}.`))
    expect(JSON.stringify(calls[0]?.body)).not.toContain(MAIL)
    expect(calls[0]?.body.messages[0]?.content).toBe("Write to [[EMAIL_1]], yes, [[EMAIL_1]].")
    expect(outcome).toMatchObject({ result: { text: `I wrote to ${MAIL}.` }, record: { redactions: 1 } })
    expect(JSON.stringify(outcome.record)).not.toContain(MAIL)
  })

  it("restores tool arguments and structured values, and checks those as they will be used", async () => {
    const toolCalls = [{ name: "send", arguments: '{"to":"[[EMAIL_1]]","cc":["[[EMAIL_1]]"]}' }]
    const tools = world({ routing, script: say("", { toolCalls }) })
    const called = await tools.operate({
      ...asks(MAIL),
      tools: [{ name: "send", description: "", input: { type: "object" } }],
    })
    expect(called).toMatchObject({ result: { toolCalls: [{ input: { to: MAIL, cc: [MAIL] } }] } })

    const schema = { type: "object", properties: { to: { type: "string", format: "email" } }, required: ["to"] }
    const structured = world({ routing, script: say('{"to":"[[EMAIL_1]]"}') })
    const answer = await structured.operate({ ...asks(MAIL), output: { name: "x", schema } })
    expect(answer).toMatchObject({ status: "succeeded", result: { value: { to: MAIL }, text: `{"to":"${MAIL}"}` } })
  })

  it("restores a streamed answer although its placeholders are cut", async () => {
    let seen = ""
    const { operate } = world({ routing, script: () => stream(chunksOf("Mail [[EMAIL_1]] now [[", {}, 3)) })
    await operate(asks(MAIL), {}, { onDelta: (delta) => (seen += delta.type === "text" ? delta.text : "<reset>") })
    expect(seen).toBe(`Mail ${MAIL} now [[`)
  })

  it("hides the value in a re-ask too", async () => {
    const script = inTurn(say('{"action":"[[EMAIL_1]]","amountUsd":1}'), say('{"action":"refund","amountUsd":1}'))
    const { operate, calls } = world({ routing, script })
    await operate({ ...STRUCTURED, messages: asks(MAIL).messages })
    expect(calls).toHaveLength(2)
    expect(JSON.stringify(calls[1]?.body)).not.toContain(MAIL)
  })

  it("keeps a conversation's placeholders as it grows, and thoughts as they were signed", async () => {
    const { operate, calls } = world({ routing, script: say("ok") })
    const first = asks(`I am ${MAIL}`).messages
    const answer = {
      role: "assistant" as const,
      content: [
        {
          type: "reasoning" as const,
          text: `They are ${MAIL}, maybe bob@example.org`,
          metadata: { alpha: { signature: "s" } },
        },
        { type: "text" as const, text: `Hello ${MAIL}` },
      ],
    }
    await operate({ ...QUESTION, messages: [...first, answer, ...asks("and tim@example.net").messages] })
    const sent = JSON.stringify(calls[0]?.body)
    expect(sent).toContain("They are [[EMAIL_1]], maybe bob@example.org")
    expect(sent).toContain("Hello [[EMAIL_1]]")
    expect(sent).toContain("and [[EMAIL_2]]")
  })

  it("[REDACT5] blocks what must not be sent, naming kind and place but never the value, and calls nobody", async () => {
    const blocking = { routes: ROUTES, redact: [EVERYTHING, { detect: ["private-key"], mode: "block" }] } as const
    const { operate, asked } = world({ routing: blocking, script: say("no") })
    const outcome = await operate(asks(`My key: ${PEM}`))
    expect(outcome).toMatchObject({
      status: "failed",
      error: { code: "redaction_blocked", details: { detector: "private-key", at: "messages[0].content[0].text" } },
      failure: { class: "policy.redaction" },
    })
    expect(JSON.stringify(outcome)).not.toContain("MIIEow")
    expect(asked()).toEqual([])
  })

  it("lets through to a provider that the rule excepts", async () => {
    const blocking = { routes: ROUTES, redact: [{ detect: ["email"], mode: "block", except: ["beta"] }] } as const
    const { operate, calls, asked } = world({ routing: blocking, script: byProvider({ beta: say("ok") }) })
    const outcome = await operate(asks(MAIL))
    expect(asked()).toEqual(["beta/m"])
    expect(calls[0]?.body.messages[0]?.content).toBe(MAIL)
    expect(outcome.record.decision.candidates[0]).toMatchObject({ verdict: "skipped", reason: "redaction" })
  })

  it("[REDACT4] hides values in the descriptions of tools and in a step's provider options", async () => {
    const { operate, calls } = world({ routing, script: say("ok") })
    const tools = [{ name: "send", description: `Writes to ${MAIL}.`, input: { type: "object" } }]
    const providerOptions = { alpha: { user: MAIL, nested: { list: [MAIL, 3] } }, beta: { user: MAIL } }
    await operate({ ...asks("Go."), tools, providerOptions })
    expect(JSON.stringify(calls[0]?.body)).not.toContain(MAIL)
    expect(calls[0]?.body).toMatchObject({ user: "[[EMAIL_1]]", nested: { list: ["[[EMAIL_1]]", 3] } })
  })

  it("finds what the routing's own patterns describe, under its own name, when the rule applies", async () => {
    const own = {
      routes: ROUTES,
      redact: [{ patterns: { "staff id": "EMP-\\d+" }, mode: "token", when: { "tenant.plan": "pro" } }],
    } as const
    const { operate, calls } = world({ routing: own, script: say("ok") })
    await operate(asks("I am EMP-123"))
    await operate(asks("I am EMP-123"), { tenant: { id: "t", plan: "free" } })
    expect(calls.map(({ body }) => body.messages[0]?.content)).toEqual(["I am [[STAFF_ID_1]]", "I am EMP-123"])
  })
})
