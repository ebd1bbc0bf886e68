/** A support desk for tests: the workflow in plain Node beside a real sandbox, with whatever models a test hands it. */
import { readFileSync } from "node:fs"
import { onTestFinished } from "vitest"
import { createRun, type Script, scriptedModel, type TestRun } from "waybill/testing"
import type { ModelClient } from "../../src/model/client.ts"
import { MemoryBlobStore } from "../../src/store/memory-blob-store.ts"
import { outputOf } from "../../src/testing/run-workflow.ts"
import { startSandbox } from "../../workflows/support-refund/sandbox/server.ts"
import { type Outcome, outcome, type Screen } from "../../workflows/support-refund/schemas.ts"
import { supportRefund } from "../../workflows/support-refund/workflow.ts"
import { type ExpectedScreen, expectedScreens } from "../fixtures/screens/expected.ts"
import { clientOf } from "../sandbox/client.ts"

export interface DeskRequest {
  readonly models: ModelClient
  /** Default: one that says nothing. */
  readonly message?: string
  readonly customerId?: string
  readonly customerEmail?: string
  /** A file of this repository; default: the shipped double charge. */
  readonly screenshot?: string
  readonly fetch?: typeof fetch
  readonly secrets?: Readonly<Record<string, string>>
}

const DOUBLE_CHARGE = "workflows/support-refund/screens/double-charge.png"

export async function openDesk() {
  const sandbox = await startSandbox({ port: 0, db: ":memory:" })
  onTestFinished(() => sandbox.close())
  const business = clientOf(sandbox.url)
  const list = async (path: string): Promise<unknown[]> => {
    const { body } = await business.get(path)
    return typeof body === "object" && body !== null && "data" in body && Array.isArray(body.data) ? body.data : []
  }
  let runs = 0
  return {
    /** The sandbox, for looking at what was really done. */
    business,
    /** The refunds and tickets that exist. */
    done: async () => ({ refunds: await list("/v1/refunds"), tickets: await list("/v1/tickets") }),
    /** Runs the workflow as far as it goes by itself. */
    async handle(request: DeskRequest): Promise<TestRun> {
      const { models, message = "Please see the screenshot.", screenshot = DOUBLE_CHARGE } = request
      const { customerId, customerEmail, secrets = { SANDBOX_URL: sandbox.url } } = request
      const blobs = new MemoryBlobStore()
      const input = {
        message,
        screenshot: await blobs.put(new Uint8Array(readFileSync(screenshot)), "image/png"),
        ...(customerId === undefined ? {} : { customerId }),
        ...(customerEmail === undefined ? {} : { customerEmail }),
      }
      runs += 1
      const options = { models, blobs, secrets, fetch: request.fetch ?? fetch, runId: `run_desk_${runs}` }
      const run = await createRun(supportRefund, input, options)
      await run.settle()
      return run
    },
  }
}

/** The answer of a run that succeeded. */
export async function outcomeOf(run: TestRun): Promise<Outcome> {
  if (run.status !== "succeeded") throw new Error(`The run is ${run.status}: ${JSON.stringify(run.engine.state.error)}`)
  return outcome.parse(await outputOf(run.engine))
}

export function expectedScreen(file: string): ExpectedScreen {
  const found = expectedScreens.find((screen) => screen.file.endsWith(`/${file}`))
  if (!found) throw new Error(`There is no screenshot ${file}.`)
  return found
}

/** What a model that reads perfectly would read from a screenshot. */
export function readPerfectly(file: string) {
  const { charges, texts } = expectedScreen(file)
  return {
    text: [...texts, ...charges.map(({ id, date }) => `${date} ${id}`)].join("\n"),
    accountEmail: texts[0] ?? null,
    customerId: null,
    charges: charges.map(({ id, day, cents }) => ({ id, date: day, description: null, amount: cents / 100 })),
    errorCode: null,
    requestId: null,
    advice: null,
  } satisfies Screen
}

/** Models that handle the shipped double charge as they should; a test replaces the answers that it is about. */
export function models(script: Script = {}) {
  return scriptedModel({
    screen: { value: readPerfectly("double-charge.png") },
    issue: { value: { topic: "double_charge", urgency: "normal" } },
    inquiry: { value: { records: "charges", reason: "The payments show it." } },
    decision: decided("refund", "duplicate-charge"),
    reply: { text: "Hello Maya, we have refunded $29.00." },
    policy: (operation) => moderated(operation.type === "moderate" ? operation.texts.map(() => 0.02) : []),
    ...script,
  })
}

export function decided(action: string, way: string, confidence = 0.9) {
  return { value: { action, way, reason: "So it was decided.", confidence } }
}

/** A moderation answer: for each text, how much harassment is in it. */
export function moderated(harassment: readonly number[]) {
  const results = harassment.map((score) => ({ flagged: score > 0.5, scores: { harassment: score } }))
  return { result: { type: "moderate" as const, results } }
}
