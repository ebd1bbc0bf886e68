/** Exports with values hidden: nothing of them is left, and code that looks into them goes on as it did, or the file says so. */
import { describe, expect, it } from "vitest"
import { tool, type Workflow, workflow } from "waybill"
import { expectReplay, exportRun, replayRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { z } from "zod"
import { anonymizer } from "../../src/gateway/anonymize.ts"
import { luhn } from "../../src/gateway/detectors/card.ts"
import { checksum } from "../../src/gateway/detectors/iban.ts"
import { readExport } from "../../src/replay/export-file.ts"

const EMAIL = "maya.lindqvist@acme-mail.com"
const CARD = "4242 4242 4242 4242"
const IBAN = "DE89 3704 0044 0532 0130 00"
const PHONE = "+49 170 1234567"
const KEY = "sk-proj-Zk3vQ9pLw7XyT2bNc8RdHf5Js1Ma6GuE"
const LONG = "a long document about the case. ".repeat(6_000)
const models = scriptedModel({ reply: (operation) => ({ text: `Dear Maya, ${JSON.stringify(operation)}` }) })

/** The file's text with the blobs in it to be read. */
function plain(text: string): string {
  return text + [...text.matchAll(/"base64":"([^"]+)"/g)].map(([, base64 = ""]) => atob(base64)).join("")
}

async function redacted(run: TestRun, ...hidden: readonly string[]): Promise<string> {
  expect(run.status).toBe("succeeded")
  const text = await exportRun(run, { redact: true })
  for (const value of hidden) expect(plain(text)).not.toContain(value)
  return text
}

const Ticket = z.object({ email: z.email(), phone: z.string(), text: z.string() })
const ticket = { email: EMAIL, phone: PHONE, text: `card ${CARD}, account ${IBAN}, key ${KEY}, ${LONG}` }

describe("[REPLAY4] a redacted export", () => {
  const call = (id = "+") =>
    tool({
      name: "call",
      description: "Calls.",
      input: z.object({
        phone: z.string().regex(/^\+49 1[5-7]\d \d{7}$/),
        email: z.email().startsWith(id === "+" ? "" : id),
      }),
      output: z.object({ reached: z.boolean() }),
      effect: "read",
      run: () => ({ reached: true }),
    })
  const flow = (length = 12) =>
    workflow("flow", { version: 1, input: Ticket })
      .code("mailbox", ({ input }) => input.email.split("@")[0] ?? "")
      .code("greeting", ({ mailbox }) => `Dear ${mailbox.toUpperCase()}`)
      .code("length", ({ input }) => input.email.length + length)
      .tool("call", call(), ({ input }) => ({ phone: input.phone, email: input.email.toLowerCase() }))
      .generate("reply", { prompt: ({ input, greeting }) => `${greeting}, of ${input.email}: ${input.text}` })
      .output(({ reply, length: letters }) => ({ text: reply.text, letters }))

  it("holds nothing of what it hides, and replays as the run does where code takes the values apart", async () => {
    const run = await runWorkflow(flow(), ticket, {
      models,
      header: { tenant: { id: "northwind" }, user: { id: "user-4711" } },
    })
    const text = await redacted(
      run,
      EMAIL,
      "lindqvist",
      "LINDQVIST",
      "acme-mail",
      CARD,
      "4242",
      IBAN,
      "1234567",
      KEY,
      "northwind",
      "user-4711",
    )
    const { head } = await readExport(text)
    expect(head).toMatchObject({ redacted: true, differs: { steps: [], end: false }, seq: run.store.head().seq })
    expect(await replayRun(text, { workflows: [flow()] })).toMatchObject({ verdict: "same", outsideCalls: 0 })
  })

  it("hides names of members and long numbers too, and of those the same ones the same way", async () => {
    const counting = workflow("counting", {
      version: 1,
      input: z.object({ card: z.number(), owed: z.record(z.string(), z.number()) }),
    })
      .code("total", ({ input }) => Object.values(input.owed).reduce((sum, owed) => sum + owed, 0))
      .code("text", ({ input }) => `${Object.keys(input.owed)[0]} ${input.card}`)
      .output(({ total, text }) => ({ total, text }))
    const run = await runWorkflow(counting, { card: 4242424242424242, owed: { [EMAIL]: 5 } }, { models })
    const text = await redacted(run, EMAIL, "lindqvist", "4242424242424242")
    expect((await readExport(text)).head.differs).toEqual({ steps: [], end: false })
    expect(await replayRun(text, { workflows: [counting] })).toMatchObject({ verdict: "same" })
  })

  it("says which steps differ for that alone, and a golden test excuses those and no others", async () => {
    const looking = (amount: number) =>
      workflow("looking", { version: 1, input: z.object({ card: z.string() }) })
        .code("last", ({ input }) => input.card.slice(-4))
        .code("amount", () => amount)
        .output(({ last, amount: paid }) => `${paid} from ${last}`)
    const run = await runWorkflow(looking(5), { card: CARD }, { models })
    const text = await exportRun(run, { redact: true })
    expect((await readExport(text)).head.differs).toEqual({ steps: ["last"], end: true })
    await expectReplay(text, { workflows: [looking(5)] }).toMatch()
    await expect(expectReplay(text, { workflows: [looking(6)] }).toMatch()).rejects.toThrow("amount: output-changed")
  })

  it("takes no change of the code for one of the redaction", async () => {
    const run = await runWorkflow(flow(), ticket, { models })
    const changed = { ...run, workflow: flow(20) as Workflow }
    expect((await readExport(await exportRun(changed, { redact: true }))).head.differs).toEqual({
      steps: [],
      end: false,
    })
  })
})

describe("[REPLAY4] a stand-in", () => {
  const hide = anonymizer()
  const of = (value: string) => String(hide.value(value))

  it("has the shape of its value", () => {
    expect(of(EMAIL)).toMatch(/^[a-z]{4}\.[a-z]{9}@[a-z]{5}\.example$/)
    expect(of(EMAIL.toUpperCase())).toBe(
      of(EMAIL)
        .toUpperCase()
        .replace(/@.*/, (domain) => domain.toLowerCase()),
    )
    expect(of(CARD)).toMatch(/^42\d\d \d{4} \d{4} \d{4}$/)
    expect(luhn(of(CARD).replaceAll(" ", ""))).toBe(true)
    expect(of(CARD).replaceAll(" ", "")).toBe(of(CARD.replaceAll(" ", "")))
    expect(of(IBAN)).toMatch(/^DE\d\d( \d{4}){4} \d\d$/)
    expect(checksum(of(IBAN).replaceAll(" ", ""))).toBe(1)
    expect(of(PHONE)).toMatch(/^\+49 17\d \d{7}$/)
    expect(z.email().safeParse(of(EMAIL)).success).toBe(true)
    expect(of(`key ${KEY}`)).toMatch(/^key \[\[SECRET_\d+\]\]$/)
  })

  it("is the same person's where an address is encoded for a link", () => {
    const link = of(`https://crm.acme-mail.com/find?q=to%3Amaya.lindqvist%40acme-mail.com&reply=a%2Bb%40acme-mail.com`)
    expect(link).toContain(`?q=to%3A${of(EMAIL).replace("@", "%40")}&`)
    expect(link).toContain(`&reply=${encodeURIComponent(of("a+b@acme-mail.com"))}`)
  })

  it("is one for one value, among thousands, short ones too", () => {
    const emails = Array.from(
      { length: 3_000 },
      (_, index) => `${String.fromCharCode(97 + (index % 26))}${index % 7 ? "" : index}@${index}.io`,
    )
    const distinct = new Set(emails)
    expect(new Set(emails.map(of)).size).toBe(distinct.size)
    expect(emails.map(of)).toEqual(emails.map(of))
  })

  it("leaves times, common words and names of members as they are", () => {
    const value = { support: "support", untilMs: Date.UTC(2026, 0), mailbox: "support@acme-mail.com", amount: 12_000 }
    expect(hide.value(value)).toMatchObject({ support: "support", untilMs: Date.UTC(2026, 0), amount: 12_000 })
    expect(JSON.stringify(hide.value(value))).not.toContain("acme-mail")
  })
})
