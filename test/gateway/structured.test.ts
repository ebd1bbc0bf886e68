/** Structured answers: valid or a failure, and the ladder in between. */
import { describe, expect, it } from "vitest"
import type { OperationOutcome } from "../../src/model/record.ts"
import { byProvider, fail, inTurn, type Script, say } from "./wire.ts"
import { QUESTION, STRUCTURED, world } from "./world.ts"

const GOOD = '{"action":"refund","amountUsd":12}'
const TWO = { routes: { plan: { try: ["alpha/m", "beta/m"] } } } as const

function classes(outcome: OperationOutcome): (string | undefined)[] {
  return outcome.record.attempts.map(({ failure }) => failure?.class)
}

describe("structured answers", () => {
  const one = (onInvalid: readonly ("repair" | "reask" | "next")[]) => ({
    routes: { plan: { try: ["alpha/m", "beta/m"], onInvalid } },
  })

  it("[GATE10] gives a value that is valid against the schema", async () => {
    const { operate, calls } = world({ routing: TWO, script: say(GOOD) })
    expect(await operate(STRUCTURED)).toMatchObject({ result: { value: { action: "refund", amountUsd: 12 } } })
    expect(calls[0]?.body.response_format).toMatchObject({ type: "json_schema" })
  })

  it("puts the schema into words for a model without native structured output", async () => {
    const { operate, calls } = world({
      routing: TWO,
      script: say(GOOD),
      capabilities: { alpha: { structuredOutput: "instruction" } },
    })
    expect((await operate(STRUCTURED)).status).toBe("succeeded")
    expect(calls[0]?.body.response_format).toBeUndefined()
    expect(calls[0]?.body.messages[0]).toMatchObject({
      role: "system",
      content: expect.stringContaining('"amountUsd"'),
    })
  })

  it.each([
    ["a code fence", `Sure:\n\`\`\`json\n${GOOD}\n\`\`\``],
    ["trailing commas and single quotes", "{'action': 'refund', 'amountUsd': 12,}"],
    ["prose round it", `Here you are: ${GOOD} Anything else?`],
  ])("[GATE11] mends broken JSON without asking again: %s", async (_, text) => {
    const { operate, asked } = world({ routing: TWO, script: say(text) })
    const outcome = await operate(STRUCTURED)
    expect(outcome).toMatchObject({ result: { value: { action: "refund", amountUsd: 12 }, text: GOOD } })
    expect(outcome.record.attempts).toMatchObject([{ outcome: "succeeded", repaired: true }])
    expect(asked()).toHaveLength(1)
  })

  it("[GATE12] asks again with what is wrong, then goes to the next model, and pays for every rung", async () => {
    const script = byProvider({ alpha: say('{"action":"dance","amountUsd":1}'), beta: say(GOOD) })
    const { operate, calls, asked } = world({ routing: TWO, script, price: () => ({ costNanoUsd: 7, priced: true }) })
    const outcome = await operate(STRUCTURED)
    expect(asked()).toEqual(["alpha/m", "alpha/m", "beta/m"])
    expect(classes(outcome)).toEqual(["output.schema_mismatch", "output.schema_mismatch", undefined])
    expect(outcome.record.attempts[1]?.purpose).toBe("reask")
    expect(calls[1]?.body.messages.slice(1)).toMatchObject([
      { role: "assistant", content: '{"action":"dance","amountUsd":1}' },
      { role: "user", content: expect.stringContaining("#/action") },
    ])
    expect(calls[2]?.body.messages).toHaveLength(1)
    expect(outcome.record).toMatchObject({ costNanoUsd: 21, usage: { inputTokens: 30, outputTokens: 15 } })
  })

  it("climbs only the rungs that the route lists", async () => {
    const broken = say("{'action': 'refund', 'amountUsd': 12}")
    const stops = world({ routing: one([]), script: broken })
    expect(await stops.operate(STRUCTURED)).toMatchObject({
      status: "failed",
      failure: { class: "output.invalid_json" },
    })
    expect(stops.asked()).toEqual(["alpha/m"])
    const next = world({ routing: one(["next"]), script: byProvider({ alpha: broken, beta: say(GOOD) }) })
    expect((await next.operate(STRUCTURED)).status).toBe("succeeded")
    expect(next.asked()).toEqual(["alpha/m", "beta/m"])
  })

  it("takes a turn that calls tools for what it is", async () => {
    const toolCalls = [{ name: "look_up", arguments: '{"id":1}' }]
    const { operate } = world({ routing: TWO, script: say("", { toolCalls }) })
    const outcome = await operate({
      ...STRUCTURED,
      tools: [{ name: "look_up", description: "", input: { type: "object" } }],
    })
    expect(outcome).toMatchObject({ result: { toolCalls: [{ name: "look_up", input: { id: 1 } }] } })
  })

  it("asks again when a tool's arguments are not JSON", async () => {
    const script = inTurn(say("", { toolCalls: [{ name: "look_up", arguments: "{id" }] }), say("done"))
    const { operate } = world({ routing: TWO, script })
    const outcome = await operate({
      ...QUESTION,
      tools: [{ name: "look_up", description: "", input: { type: "object" } }],
    })
    expect(classes(outcome)).toEqual(["output.invalid_json", undefined])
  })
})

describe("a model that does not take schemas", () => {
  const refusing =
    (status: number, message: string): Script =>
    (call) =>
      (call.body.response_format ? fail(status, { error: { message } }) : say(GOOD))(call)

  it("[GATE27] is asked once more in words, on record and paid for, and in words from then on", async () => {
    const { operate, calls, asked } = world({
      routing: TWO,
      price: () => ({ costNanoUsd: 7, priced: true }),
      script: refusing(
        400,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
      ),
    })
    const outcome = await operate(STRUCTURED)
    expect(outcome).toMatchObject({ result: { value: { action: "refund" } }, record: { costNanoUsd: 14 } })
    expect(outcome.record.attempts.map(({ purpose, outcome: end }) => [purpose, end])).toEqual([
      [undefined, "failed"],
      ["instruct", "succeeded"],
    ])
    expect(JSON.stringify(calls[1]?.body.messages[0])).toContain("amountUsd")
    const other = { ...STRUCTURED, output: { name: "x", schema: { type: "object" } } }
    expect((await operate(other)).record.attempts).toHaveLength(1)
    expect(asked()).toEqual(["alpha/m", "alpha/m", "alpha/m"])
  })

  it("takes the refusal of one schema for that of no other", async () => {
    const invalid: Script = (call) =>
      (JSON.stringify(call.body.response_format ?? "").includes("amountUsd")
        ? fail(400, { error: { message: "Invalid schema for response_format 'decision'." } })
        : say(GOOD))(call)
    const { operate, calls } = world({ routing: TWO, script: invalid })
    expect((await operate(STRUCTURED)).record.attempts).toHaveLength(2)
    expect((await operate(STRUCTURED)).record.attempts).toHaveLength(1)
    await operate({ ...STRUCTURED, output: { name: "x", schema: { type: "object" } } })
    expect(calls.at(-1)?.body.response_format).toBeDefined()
  })

  it("is given up when it is something else that it does not take", async () => {
    const { operate, asked } = world({
      routing: TWO,
      script: byProvider({ alpha: fail(400, { error: { message: "temperature is not supported" } }), beta: say(GOOD) }),
    })
    await operate(STRUCTURED)
    expect(asked()).toEqual(["alpha/m", "beta/m"])
  })
})

describe("[DEBUG8] an answer that cannot be used", () => {
  const kept = async (script: Script) => {
    const { operate } = world({ routing: TWO, script })
    return (await operate(STRUCTURED)).record.attempts.map(({ answer }) => answer)
  }

  it("is kept as it came: no JSON, of another shape, or cut short", async () => {
    expect(await kept(inTurn(say("Sure! I will refund it."), say('{"action":"run"}'), say(GOOD)))).toEqual([
      "Sure! I will refund it.",
      '{"action":"run"}',
      undefined,
    ])
    expect(await kept(inTurn(say('{"action":', { finish: "length" }), say(GOOD)))).toEqual(['{"action":', undefined])
  })

  it("keeps its placeholders, and loses what is too long", async () => {
    const redact = [{ detect: ["email"], mode: "token" }] as const
    const routing = { ...TWO, redact }
    const { operate } = world({ routing, script: inTurn(say("Ask [[EMAIL_1]]"), say("x".repeat(20_000)), say(GOOD)) })
    const messages = [{ role: "user", content: [{ type: "text", text: "Is it ann@acme.com?" }] }] as const
    const { record } = await operate({ ...STRUCTURED, messages })
    expect(record.attempts[0]?.answer).toBe("Ask [[EMAIL_1]]")
    expect(record.attempts[1]?.answer).toMatch(/^x{16000}…$/)
  })
})
