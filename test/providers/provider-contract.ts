/**
 * The contract of a provider, run by each one through its real package over scripted bytes: what is sent, how an answer is
 * read, what it used, how a stream must end, how every fault is named. A provider's data are its fixture folder and its
 * `ProviderSpec`; nothing here knows any provider.
 */
import { describe, expect, it } from "vitest"
import { FAILURE_POLICIES } from "../../src/gateway/failure-policy.ts"
import { costAt } from "../../src/ledger/price.ts"
import type { FailureClass } from "../../src/lib/failure-classes.ts"
import type { GenerateOperation } from "../../src/model/operation.ts"
import type { Usage } from "../../src/model/result.ts"
import { type Driven, drive, PRICE, type Setup, STRUCTURED, TEXT, WITH_EFFORT, WITH_IMAGE, WITH_TOOL } from "./drive.ts"
import { expectFault, type Fault, isStreamed, wireOf } from "./faults.ts"
import { answer, cut, type Frame, fixtureJson, fixtureText, framed, success, type WireAnswer } from "./wire-answer.ts"

/** An answer that the fixtures hold, and how it must be read. */
export interface Known {
  readonly file: string
  readonly usage: Usage
}

export interface ProviderSpec extends Setup {
  /** Folder under fixtures; default: the provider's id. */
  readonly fixtures?: string
  readonly url: string
  /** Default: as `url`. */
  readonly streamUrl?: string
  readonly auth: Readonly<Record<string, string>>
  readonly text: Known & { readonly says: string; readonly responseId?: string; readonly responseModel?: string }
  readonly stream: Known & { readonly says: string }
  readonly structured?: Known & { readonly says: string }
  /** Absent when the provider takes no tools. */
  readonly tool?: Known
  readonly toolStream?: Known
  readonly image?: boolean
  /** Prompt caching and reasoning, each told apart in the usage. */
  readonly thinking?: Known
  /** Headers of an answer, and the request id to be read from them. */
  readonly requestId?: { readonly headers: Readonly<Record<string, string>>; readonly id: string }
}

type Requests = Readonly<Record<"text" | "stream" | "effort" | "tool" | "toolResult" | "structured" | "image", unknown>>

export function describeProvider(spec: ProviderSpec): void {
  describe(spec.provider.id, () => {
    const folder = spec.fixtures ?? spec.provider.id
    const requests = fixtureJson<Requests>(folder, "requests.json")
    describeRequests(spec, folder, requests)
    describeAnswers(spec, folder)
    if (spec.tool) describeTools(spec, folder, requests, spec.tool)
    describeConnection(spec, folder)
    const faults = fixtureJson<Fault[]>(folder, "faults.json")
    describe("[PROV3] names the provider's own faults", () => {
      for (const fault of faults) it(fault.name, () => expectFault(spec, fault))
    })
    describeCutAnswers(spec, faults)
  })
}

function describeRequests(spec: ProviderSpec, folder: string, requests: Requests): void {
  it("[PROV1] sends exactly the provider's own request", async () => {
    const { sent } = await drive(spec, TEXT, [success(folder, spec.text.file)])
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ url: spec.url, method: "POST", headers: spec.auth, body: requests.text })
    expect(sent[0]?.body).toEqual(requests.text)
  })

  it("[PROV1] asks for a stream, with its usage, in the provider's own way", async () => {
    const { sent } = await drive(spec, TEXT, [success(folder, spec.stream.file)], { stream: true })
    expect(sent.map(({ url, body }) => ({ url, body }))).toEqual([
      { url: spec.streamUrl ?? spec.url, body: requests.stream },
    ])
  })

  it("[PROV1] asks for little reasoning in the provider's own way", async () => {
    const { sent } = await drive(spec, WITH_EFFORT, [success(folder, spec.text.file)])
    expect(sent[0]?.body).toEqual(requests.effort)
  })

  it.runIf(spec.image)("[PROV1] sends an image in the provider's own way", async () => {
    const { sent } = await drive(spec, WITH_IMAGE, [success(folder, spec.text.file)])
    expect(sent[0]?.body).toEqual(requests.image)
  })

  it.runIf(spec.structured)("[PROV1] asks for structured output and reads it", async () => {
    const known = spec.structured ?? spec.text
    const { sent, reply } = await drive(spec, STRUCTURED, [success(folder, known.file)])
    expect(sent[0]?.body).toEqual(requests.structured)
    expect(reply).toMatchObject({ answer: { text: spec.structured?.says } })
  })
}

function describeAnswers(spec: ProviderSpec, folder: string): void {
  it("[PROV2] reads an answer, its usage and its ids", async () => {
    const { headers, id } = spec.requestId ?? { headers: {}, id: undefined }
    const driven = await drive(spec, TEXT, [success(folder, spec.text.file, headers)])
    expectSuccess(driven, spec.text)
    expect(driven.reply).toMatchObject({ answer: { text: spec.text.says, finishReason: { unified: "stop" } } })
    const { responseId, responseModel } = spec.text
    expect(driven.record).toMatchObject({
      status: 200,
      ...(responseId === undefined ? {} : { responseId }),
      ...(responseModel === undefined ? {} : { responseModel }),
      ...(id === undefined ? {} : { requestId: id }),
    })
  })

  it("[PROV2] reads a stream, piece by piece, to the same end", async () => {
    const driven = await drive(spec, TEXT, [success(folder, spec.stream.file)], { stream: true })
    expectSuccess(driven, spec.stream)
    expect(driven).toMatchObject({
      streamed: spec.stream.says,
      reply: { answer: { text: spec.stream.says, finishReason: { unified: "stop" } } },
    })
  })

  it.runIf(spec.thinking)("[PROV2] tells cached and reasoning tokens apart", async () => {
    const known = spec.thinking ?? spec.text
    const stream = !known.file.endsWith(".json") || known.file.endsWith(".frames.json")
    expectSuccess(await drive(spec, TEXT, [success(folder, known.file)], { stream }), known)
  })
}

function describeTools(spec: ProviderSpec, folder: string, requests: Requests, tool: Known): void {
  it("[PROV1] offers a tool, reads the call, and gives the result back with all that the provider wants to see again", async () => {
    const first = await drive(spec, WITH_TOOL, [success(folder, tool.file)])
    expectSuccess(first, tool)
    expect(first.sent[0]?.body).toEqual(requests.tool)
    const second = await drive(spec, withToolResult(first), [success(folder, spec.text.file)])
    expect(second.sent[0]?.body).toEqual(requests.toolResult)
  })

  it.runIf(spec.toolStream)("[PROV2] reads a streamed tool call", async () => {
    const known = spec.toolStream ?? tool
    const driven = await drive(spec, WITH_TOOL, [success(folder, known.file)], { stream: true })
    expectSuccess(driven, known)
    expect(driven.reply).toMatchObject({
      answer: {
        toolCalls: [{ name: "get_weather", input: { city: "Paris" } }],
        finishReason: { unified: "tool-calls" },
      },
    })
  })
}

/** Answers in good order that are none: every provider has its own words for an end that is not the answer's. */
function describeCutAnswers(spec: ProviderSpec, faults: readonly Fault[]): void {
  const of = (failureClass: FailureClass) => faults.filter((fault) => fault.expect.class === failureClass)

  it("[PROV10] is tried on answers that were cut off and on empty ones, whole and streamed", () => {
    for (const failureClass of ["output.truncated", "output.empty"] as const)
      expect(new Set(of(failureClass).map(isStreamed))).toEqual(new Set([false, true]))
  })

  it("[PROV10] gives an answer that was cut off to whoever asks for it, and says so", async () => {
    const limited = faults.filter(({ name }) => name.startsWith("an answer that hit its token limit"))
    expect(limited).toHaveLength(2)
    for (const fault of limited) {
      const taken = { ...TEXT, onTruncated: "answer" as const }
      const { record, reply } = await drive(spec, taken, [wireOf(fault)], { stream: isStreamed(fault) })
      expect(record).toMatchObject({ outcome: "succeeded", finishReason: { unified: "length" } })
      expect(reply).toMatchObject({ answer: { text: spec.text.says, finishReason: { unified: "length" } } })
    }
  })
}

function describeConnection(spec: ProviderSpec, folder: string): void {
  const whole = () => success(folder, spec.text.file)
  const streamed = () => success(folder, spec.stream.file)
  const html = answer(200, { "content-type": "text/html" }, "<html><body>Please sign in</body></html>")
  const faults: readonly [string, WireAnswer, boolean, FailureClass, string][] = [
    ["a refused connection is an outage", { refuse: new TypeError("fetch failed") }, false, "provider.outage", "retry"],
    ["a reset while the answer comes is a cut", cut(whole(), 0.6, "break"), false, "provider.stream_cut", "retry"],
    ["half a document is a cut", cut(whole(), 0.6, "end"), false, "provider.stream_cut", "retry"],
    ["an empty 200 is a cut", cut(whole(), 0, "end"), false, "provider.stream_cut", "retry"],
    ["a page of HTML is a bad response", html, false, "provider.bad_response", "retry"],
    [
      "a proxy's 502 page is an outage",
      answer(502, { "content-type": "text/html" }, "<html>Bad Gateway</html>"),
      false,
      "provider.outage",
      "retry",
    ],
    [
      "a stream reset before its first event is a cut",
      cut(streamed(), 0, "break"),
      true,
      "provider.stream_cut",
      "retry",
    ],
    ["a stream reset in the middle is a cut", cut(streamed(), 0.5, "break"), true, "provider.stream_cut", "retry"],
    ["an empty stream is a cut", cut(streamed(), 0, "end"), true, "provider.stream_cut", "retry"],
  ]

  describe("[PROV4] names what happens to the connection", () => {
    it.each(faults)("%s", async (_name, wire, stream, failureClass, then) => {
      const { record, sent } = await drive(spec, TEXT, [wire], { stream })
      expect(record).toMatchObject({ outcome: "failed", failure: { class: failureClass } })
      expect(FAILURE_POLICIES[failureClass].then).toBe(then)
      // Who was cut off in the middle of an answer is paid for it; who gave none is not.
      expect(record).toMatchObject(costAt(PRICE, record.usage))
      expect(record.costNanoUsd > 0).toBe(failureClass === "provider.stream_cut")
      expect(sent).toHaveLength(1)
    })
  })

  it.runIf(spec.stream.file.endsWith(".sse"))("[PROV4] an event that is not JSON is a bad response", async () => {
    const blocks = fixtureText(folder, spec.stream.file).split(/(?<=\n\n)/)
    blocks.splice(-2, 0, 'data: {"oops\n\n')
    const wire = answer(200, { "content-type": "text/event-stream" }, blocks.join(""))
    const { record } = await drive(spec, TEXT, [wire], { stream: true })
    expect(record).toMatchObject({ outcome: "failed", failure: { class: "provider.bad_response" } })
  })

  it("[PROV5] never takes a stream for whole that ended early", async () => {
    const complete = await drive(spec, TEXT, [streamed()], { stream: true })
    for (const prefix of eventPrefixes(folder, spec.stream.file)) {
      const { reply, record } = await drive(spec, TEXT, [prefix], { stream: true })
      if (reply) expect(reply).toMatchObject({ answer: answerOf(complete) })
      else expect(record.failure?.class).toBe("provider.stream_cut")
    }
  })

  it("[PROV6] ends a call that is aborted, and says so", async () => {
    const controller = new AbortController()
    const driven = await drive(spec, TEXT, [whole()], {
      signal: controller.signal,
      onRequest: () => controller.abort(new Error("enough")),
    })
    expect(driven).toMatchObject({
      record: { outcome: "aborted", failure: { class: "cancelled" } },
      sent: { length: 1 },
    })
  })
}

/** Every prefix of a stream that ends between two events. */
function eventPrefixes(folder: string, file: string): WireAnswer[] {
  if (file.endsWith(".frames.json")) {
    const frames = fixtureJson<Frame[]>(folder, file)
    return frames.map((_, count) => framed(frames.slice(0, count)))
  }
  const whole = success(folder, file)
  if ("refuse" in whole) return []
  const blocks = new TextDecoder().decode(whole.bytes).split(/(?<=\n\n)/)
  return blocks.map((_, count) => answer(200, whole.headers, blocks.slice(0, count).join("")))
}

function expectSuccess({ record, reply, sent }: Driven, { usage }: Known): void {
  expect(record.failure).toBeUndefined()
  expect(record).toMatchObject({ outcome: "succeeded", usage, ...costAt(PRICE, usage) })
  expect(reply?.type).toBe("generate")
  expect(sent).toHaveLength(1)
}

function answerOf({ reply }: Driven) {
  if (reply?.type !== "generate") throw new Error("The whole stream must succeed.")
  const { text, finishReason } = reply.answer
  return { text, finishReason }
}

/** The conversation after the tool was called: what the model said, untouched, and the tool's result. */
function withToolResult({ reply }: Driven): GenerateOperation {
  if (reply?.type !== "generate") throw new Error("The tool call must succeed.")
  const { text, reasoning, toolCalls } = reply.answer
  expect(toolCalls).toMatchObject([{ name: "get_weather", input: { city: "Paris" } }])
  const said = text === "" ? [] : [{ type: "text" as const, text }]
  return {
    ...WITH_TOOL,
    messages: [
      ...WITH_TOOL.messages,
      { role: "assistant", content: [...reasoning, ...said, ...toolCalls] },
      {
        role: "tool",
        content: toolCalls.map(({ id, name }) => ({ type: "tool-result", id, name, output: { celsius: 21 } })),
      },
    ],
  }
}
