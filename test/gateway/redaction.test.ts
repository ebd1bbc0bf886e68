/** Redaction: what is found, what a provider sees instead, and that the way back is exact to the byte. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DETECTORS } from "../../src/gateway/detectors/index.ts"
import { redact } from "../../src/gateway/redaction.ts"
import type { Json } from "../../src/lib/json.ts"
import { unsafeRegexReason } from "../../src/lib/safe-regex.ts"
import type { GenerateOperation } from "../../src/model/operation.ts"
import { DETECTOR_NAMES, type DetectorName } from "../../src/routing/detectors.ts"
import { byProvider, chunksOf, inTurn, say, stream } from "./wire.ts"
import { QUESTION, STRUCTURED, world } from "./world.ts"

const EVERYTHING = { detect: DETECTOR_NAMES, mode: "token" } as const
const ROUTES = { plan: { try: ["alpha/m", "beta/m"] } } as const

function hide(text: string, detect: readonly DetectorName[] = DETECTOR_NAMES): string {
  const { operation } = redact(
    { type: "embed", texts: [text] },
    { rules: [{ index: 0, config: { detect, mode: "token" } }] },
  )
  return operation.type === "embed" ? (operation.texts[0] ?? "") : ""
}

/** Assembled, so that no scanner takes this file for a leak. */
const KEY = (prefix: string, length: number) => prefix + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zC0".repeat(9).slice(0, length)
const PEM = ["-----BEGIN RSA PRIVATE", "KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE", "KEY-----"].join(" ")
const HEX = (length: number) => "0f1e2d3c4b5a69788796a5b4c3d2e1f0".repeat(5).slice(0, length)

const FOUND: readonly (readonly [DetectorName, string])[] = [
  ["secret", `AKIA${"IOSFODNN7EXAMPLE"}`],
  ["secret", KEY("sk-proj-", 60)],
  ["secret", KEY("sk-ant-api03-", 90)],
  ["secret", KEY("AIza", 35)],
  ["secret", KEY("ghp_", 36)],
  ["secret", KEY("github_pat_", 60)],
  ["secret", KEY("glpat-", 20)],
  ["secret", KEY("xoxb-", 40)],
  ["secret", KEY("sk_live_", 24)],
  ["secret", KEY("npm_", 36)],
  ["secret", KEY("hf_", 34)],
  ["secret", KEY("gsk_", 52)],
  ["secret", `SG.${KEY("", 22)}.${KEY("", 43)}`],
  ["secret", `dop_v1_${HEX(64)}`],
  ["secret", `eyJ${KEY("", 30)}.eyJ${KEY("", 40)}.${KEY("", 43)}`],
  ["private-key", PEM],
  ["email", "jane.doe+tag@example.co.uk"],
  ["email", "jörg@müller.de"],
  ["card", "4111 1111 1111 1111"],
  ["card", "5500-0000-0000-0004"],
  ["card", "378282246310005"],
  ["phone", "+49 171 2345678"],
  ["phone", "(555) 234-5678"],
  ["phone", "0171 2345678"],
  ["iban", "DE89 3704 0044 0532 0130 00"],
  ["iban", "GB29NWBK60161331926819"],
]

const INNOCENT = [
  "Order A-10293 of 2026-11-22 14:30:00, $1,299.00, version 10.2.33.4",
  "4111 1111 1111 1112 is not a card, nor is 0000 0000 0000 0000",
  "GB29NWBK60161331926818 has a wrong checksum",
  "192.168.100.200 and 2001:db8::8a2e:370:7334 are addresses",
  "@mention, user@, @example.com, a @ b",
  "The API key: see the docs. The password is required. Use sk-learn and risk-free tokens.",
  "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
  "-----BEGIN PUBLIC KEY-----",
]

describe("detectors", () => {
  it.each(FOUND)("[REDACT1] finds a %s: %s", (name, value) => {
    const hidden = hide(`Hello ${value}, bye`, [name])
    expect(hidden).toBe(`Hello [[${DETECTORS[name].label}_1]], bye`)
  })

  it.each(INNOCENT)("leaves alone: %s", (text) => {
    expect(hide(text)).toBe(text)
  })

  it.each([
    ["api_key = 'VALUE'", KEY("", 24)],
    ["aws_secret_access_key: VALUE", KEY("", 40)],
    ["Authorization: Bearer VALUE", KEY("", 40)],
    ["password=VALUE", "hunter2!"],
    ["postgres://admin:VALUE@db.internal/app", "s3cr3t"],
  ])("takes only the value out of %s", (text, value) => {
    expect(hide(text.replace("VALUE", value), ["secret"])).toBe(text.replace("VALUE", "[[SECRET_1]]"))
  })

  it("finds two that stand side by side", () => {
    expect(hide("4111 1111 1111 1111 5500 0000 0000 0004", ["card"])).toBe("[[CARD_1]] [[CARD_2]]")
    expect(hide("0171 2345678 0172 8765432", ["phone"])).toBe("[[PHONE_1]] [[PHONE_2]]")
  })

  it("hold to the rule for patterns in a configuration: linear on every text", () => {
    const patterns = Object.values(DETECTORS).flatMap((detector) => detector.patterns)
    expect(patterns.map(({ pattern }) => unsafeRegexReason(pattern)).filter(Boolean)).toEqual([])
  })
})

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
