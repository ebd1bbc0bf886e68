/** The demonstration against a scripted server: what is asked of the doors, and what a person or a program gets to read. */
import { stripVTControlCharacters } from "node:util"
import { afterEach, describe, expect, it } from "vitest"
import { ApiClient } from "../../src/cli/api-client.ts"
import { runDemo } from "../../src/cli/demo.ts"
import { Screen } from "../../src/cli/screen.ts"
import type { Clock } from "../../src/lib/clock.ts"
import { runEvent, stepEvent } from "../../src/run/event.ts"
import { numbered, operation, type Script, type ScriptedServer, SUPPORT_RUN, scriptedServer } from "./scripted-run.ts"

/** Stands still, and fires every timer at once: reconnecting takes no time, and live lines are never redrawn. */
const clock: Clock = {
  nowMs: () => SUPPORT_RUN.at(-1)?.atMs ?? 0,
  setTimer(delayMs, callback) {
    if (delayMs === 100) return () => {}
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  },
}

let server: ScriptedServer | undefined
afterEach(() => server?.close())

async function demo(
  script: Script,
  options: { json?: boolean; example?: string; isTTY?: boolean; env?: Record<string, string> } = {},
) {
  server = await scriptedServer(script)
  const { url, requests } = server
  let text = ""
  const output = { isTTY: options.isTTY ?? false, columns: 100, write: (part: string) => (text += part) }
  const status = await runDemo({
    api: new ApiClient({ url, clock, fetch }),
    ...{
      url,
      clock,
      screen: new Screen(output, options.env ?? {}),
      signal: new AbortController().signal,
      json: options.json ?? false,
    },
    ...(options.example === undefined ? {} : { example: options.example }),
  })
  return { status, requests, text: text.replaceAll(url, "http://server") }
}

describe("as text", () => {
  it("[CLI1] shows each step with kind, model, why that model, time and cost, then the answer and what to try", async () => {
    const { text, status } = await demo({ examples: ["double-charge", "error-page"] })
    expect(status).toBe("succeeded")
    expect(text.replace(/[ \t]+$/gm, "")).toBe(`
  support-refund on the example "double-charge"  run_1

  ✓ screen                   vision     local/ocr                          200 ms        $0
      local/ocr, because openai has no key.
  ↻ outcome.refund.charge    tool                                          100 ms
      tool_failed: the billing service answered 503
  ✓ outcome.refund.charge    tool                                          300 ms
      attempt 2

  succeeded · 2 steps done · 1 model call · $0 · 1.1 s

  Answer
    outcome  refund

  Run  http://server/v1/runs/run_1

  Next
    curl http://server/v1/runs/run_1/steps     each step: attempts, model, decision, cost
    curl http://server/v1/runs/run_1/cost      what each attempt cost
    curl http://server/v1/runs/run_1/trace     the run as OpenTelemetry
    curl -X POST 'http://server/v1/workflows/support-refund/runs?wait=60' -H 'content-type: application/json' -d '{"example":"error-page"}'

`)
  })

  it("says how to answer a run that waits", async () => {
    const events = numbered([
      ...SUPPORT_RUN.slice(0, 2),
      stepEvent("step.started", "outcome.refund.manager", 1, { kind: "approve", digest: "a", input: {} }),
      stepEvent("step.waiting", "outcome.refund.manager", 1, { reason: "approval", summary: "Refund $89?" }),
      runEvent("run.cancelled", { compensate: false }),
    ])
    const { text } = await demo({ events, status: "cancelled", output: null })
    expect(text).toContain(`  ‖ outcome.refund.manager   approve                                       100 ms
      waits: approval Refund $89?
      curl -X POST 'http://server/v1/runs/run_1/approvals/outcome.refund.manager' -H 'content-type: application/json' -d '{"approved":true}'
`)
  })

  it("shows what to do about a step that failed for good, and how a model answered that is none", async () => {
    const events = numbered([
      ...SUPPORT_RUN.slice(0, 3),
      stepEvent("operation.completed", "screen", 1, {
        ...operation("local", "extract", 1_500, "local/extract, for nothing else is configured."),
        response: {
          type: "generate",
          text: "{}",
          toolCalls: [],
          reasoning: [],
          finishReason: { unified: "stop" },
          method: "extractive",
        },
      }),
      stepEvent("step.failed", "screen", 1, {
        error: { code: "output_invalid", message: "screen.total: found nothing." },
        failureClass: "own_code.exception",
      }),
      runEvent("run.failed", { error: { code: "step_failed", message: "screen failed" }, at: "screen" }),
    ])
    const { text } = await demo({ events, status: "failed", output: null })
    expect(text).toContain(`  ✗ screen                   vision     local/extract (extractive)         200 ms $0.0000015
      local/extract, for nothing else is configured.
      output_invalid: screen.total: found nothing.
      Make the step return what its output schema says, or change the schema.
`)
    expect(text).toContain("failed · 0 steps done · 1 model call · $0.0000015 · 500 ms")
  })

  it("[CLI5] writes no escape sequences and no repetitions where there is no terminal", async () => {
    const { text } = await demo({})
    expect(text).toBe(stripVTControlCharacters(text))
    expect(text.match(/✓ screen/g)).toHaveLength(1)
  })

  it("shows what is under way on a terminal, and takes it away again", async () => {
    const { text } = await demo({}, { isTTY: true })
    expect(stripVTControlCharacters(text)).toContain("⠋ outcome.refund.charge    tool")
    expect(stripVTControlCharacters(text)).toContain("running · 1 step done · 1 model call")
    expect(onScreen(text)).toEqual(onScreen((await demo({})).text))
  })

  it("shows no more at once than a small terminal holds", async () => {
    const starts = Array.from({ length: 30 }, (_, index) =>
      stepEvent("step.started", `pages[${index}].read`, 1, { kind: "vision", digest: "v", input: {} }),
    )
    const events = numbered([...SUPPORT_RUN.slice(0, 2), ...starts, runEvent("run.cancelled", { compensate: false })])
    const { text } = await demo({ events, status: "cancelled", output: null }, { isTTY: true })
    const heights = pieces(text).flatMap((piece) =>
      isMove(piece) && piece.endsWith("A") ? [Number(piece.slice(2, -1))] : [],
    )
    expect(Math.max(...heights)).toBe(10)
    expect(stripVTControlCharacters(text)).toContain("    and 22 more")
  })

  it("uses no colours where NO_COLOR says so", async () => {
    const { text } = await demo({}, { isTTY: true, env: { NO_COLOR: "1" } })
    expect(
      pieces(text)
        .filter((piece) => !isMove(piece))
        .join(""),
    ).toBe(stripVTControlCharacters(text))
  })
})

describe("as JSON", () => {
  it("[CLI5] writes every event as it is, and the end with the answer", async () => {
    const { text } = await demo({ status: "failed", output: null }, { json: true })
    const lines = text.trimEnd().split("\n")
    expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toEqual(SUPPORT_RUN)
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({
      type: "demo.finished",
      url: "http://server/v1/runs/run_1",
      status: "failed",
      output: null,
    })
  })
})

describe("with the doors", () => {
  it("starts the example that was asked for", async () => {
    const { requests } = await demo({ examples: ["first", "second"] }, { example: "second" })
    expect(requests).toContain('POST /v1/workflows/support-refund/runs {"example":"second"}')
  })

  it("refuses an example that does not exist, and says which do", async () => {
    await expect(demo({}, { example: "triple-charge" })).rejects.toMatchObject({
      code: "usage",
      message: 'support-refund has no example "triple-charge"; it has: double-charge.',
    })
  })

  it("goes on after the last event when the connection breaks, and shows none twice", async () => {
    const { requests, text } = await demo({ drop: 1, cutAfter: 5 }, { json: true })
    expect(requests.filter((request) => request.includes("events"))).toEqual([
      "GET /v1/runs/run_1/events",
      "GET /v1/runs/run_1/events",
      "GET /v1/runs/run_1/events after 5",
      "GET /v1/runs/run_1/events after 10",
    ])
    expect(text.trimEnd().split("\n")).toHaveLength(SUPPORT_RUN.length + 1)
  })

  it("turns a problem into the error it tells of", async () => {
    server = await scriptedServer({})
    const api = new ApiClient({ url: server.url, clock, fetch })
    await expect(api.run("run_2")).rejects.toMatchObject({
      code: "step_not_found",
      message: "There is no /v1/runs/run_2.",
    })
  })
})

/** Text taken apart at the sequences "up n lines" and "clear from here", and at line ends, which are pieces themselves. */
function pieces(text: string): string[] {
  const esc = String.fromCharCode(27)
  return text.split(new RegExp(`(${esc}\\[\\d+A|${esc}\\[J|\n)`))
}

function isMove(piece: string): boolean {
  return piece.startsWith(String.fromCharCode(27)) && /[AJ]$/.test(piece)
}

/** What a terminal shows in the end. */
function onScreen(text: string): string[] {
  const lines = [""]
  for (const piece of pieces(text)) {
    if (piece === "\n") lines.push("")
    else if (isMove(piece) && piece.endsWith("A")) lines.length -= Number(piece.slice(2, -1))
    else if (isMove(piece)) lines[lines.length - 1] = ""
    else lines[lines.length - 1] += stripVTControlCharacters(piece)
  }
  return lines.map((line) => line.trimEnd())
}
