/** Every workflow of the gallery, run on its own examples with scripted models. */
import { describe, expect, it } from "vitest"
import type { Workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { costReport } from "../../src/ledger/report.ts"
import { runTree } from "../../src/protocol/run-tree.ts"
import { runView } from "../../src/protocol/run-view.ts"
import { type RunSummary, runSummary } from "../../src/protocol/summary.ts"
import { batchExtraction } from "../../workflows/batch-extraction.ts"
import { contentPipeline } from "../../workflows/content-pipeline.ts"
import { expenseApproval } from "../../workflows/expense-approval.ts"
import { workflows } from "../../workflows/index.ts"
import { orderDesk } from "../../workflows/order-desk.ts"
import { companyReview, documentReview, portfolioReview } from "../../workflows/portfolio-review.ts"
import { tripSaga } from "../../workflows/trip-saga.ts"

const noModels = scriptedModel({})
const example = (workflow: Workflow, name: string) => workflow.examples[name]

describe("the gallery", () => {
  it("has names of its own, and an example and a description for each", () => {
    expect(new Set(workflows.map(({ name }) => name)).size).toBe(workflows.length)
    expect(workflows.filter(({ examples }) => Object.keys(examples).length === 0)).toEqual([])
    expect(workflows.filter(({ description }) => description === undefined)).toEqual([])
  })
})

describe("content-pipeline", () => {
  const sections = [
    { heading: "Why write first", points: ["A step is written before it runs."] },
    { heading: "After a crash", points: ["What was written is read."] },
  ]
  const models = () =>
    scriptedModel({
      research: { text: "Facts." },
      outline: { value: { title: "Durable", sections } },
      draft: (operation) => ({
        text: JSON.stringify(operation).includes("After a crash") ? "Draft two." : "Draft one.",
      }),
      edit: (operation) => ({ text: JSON.stringify(operation).includes("Draft two") ? "Two." : "One." }),
    })

  it("writes the sections in the order of the outline, with links to them", async () => {
    const run = await runWorkflow(contentPipeline, example(contentPipeline, "durability"), { models: models() })
    expect(run.output).toEqual({
      title: "Durable",
      markdown:
        "# Durable\n\n- [Why write first](#why-write-first)\n- [After a crash](#after-a-crash)\n\n" +
        "## Why write first\n\nOne.\n\n## After a crash\n\nTwo.\n",
      published: false,
    })
  })

  it("publishes once, with a key, where it is told to", async () => {
    const sent: Request[] = []
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      sent.push(new Request(input as string, init as RequestInit))
      return new Response(null, { status: 201, headers: { location: "https://blog.example/durable" } })
    }
    const secrets = { PUBLISH_URL: "https://blog.example/posts" }
    const input = example(contentPipeline, "durability")
    const run = await runWorkflow(contentPipeline, input, {
      models: models(),
      fetch: fetch as typeof globalThis.fetch,
      secrets,
    })
    expect(run.output).toMatchObject({ published: true, url: "https://blog.example/durable" })
    expect(sent.map((request) => request.headers.get("idempotency-key"))).toEqual([expect.stringMatching(/^waybill-/)])
  })
})

describe("batch-extraction", () => {
  it("reads a hundred documents, and one that fails costs one result", async () => {
    const models = scriptedModel((operation, { step }) => {
      const [, number = "", total = ""] = /INV-(\d+)[^$]*\$([\d.]+)/.exec(JSON.stringify(operation)) ?? []
      if (step.path === "items[41].extract") return { failure: { class: "output.refusal", message: "I may not." } }
      return { value: { invoiceNumber: `INV-${number}`, totalUsd: Number(total), dueDate: "2026-12-01" } }
    })
    const run = await runWorkflow(batchExtraction, example(batchExtraction, "hundred"), { models })
    const { invoices, failures } = run.output as { invoices: { id: string; totalUsd: number }[]; failures: unknown[] }
    expect(failures).toEqual([{ id: "doc-42", reason: "I may not." }])
    expect(invoices.length).toBe(99)
    expect(invoices[0]).toEqual({ id: "doc-1", invoiceNumber: "INV-1001", totalUsd: 33.5, dueDate: "2026-12-01" })
    expect(models.calls.length).toBe(100)
  })
})

describe("expense-approval", () => {
  const input = example(expenseApproval, "taxi")
  const DAY = 86_400_000

  it("takes the manager's answer", async () => {
    const run = await createRun(expenseApproval, input, { models: noModels })
    await run.settle({ skipTime: false })
    await run.engine.commands.approve("manager", { approved: true, by: "Marta", form: { costCentre: "sales" } })
    await run.settle()
    expect(run.output).toEqual({ granted: true, decidedBy: "Marta", inTime: true, costCentre: "sales" })
    expect(run.engine.state.steps.get("finance")?.status).toBe("skipped")
  })

  it("asks the finance desk after two days, and refuses after seven", async () => {
    const run = await createRun(expenseApproval, input, { models: noModels })
    await run.settle({ skipTime: false })
    run.clock.tick(2 * DAY)
    await run.settle({ skipTime: false })
    expect(run.engine.state.steps.get("finance")?.waiting?.summary).toContain("Marta did not answer.")
    await run.settle()
    expect(run.output).toEqual({ granted: false, decidedBy: "nobody", inTime: false })
    expect(run.clock.nowMs() - run.engine.state.createdAtMs).toBe(7 * DAY)
  })
})

describe("order-desk", () => {
  it("looks up, reserves, is told what is not to be had, and answers in its shape", async () => {
    const models = scriptedModel({
      clerk: [
        { calls: ["mug", "stove", "steel kettle"].map((words) => ({ name: "find_products", input: { words } })) },
        {
          calls: [
            { name: "reserve", input: { sku: "mug-1", quantity: 2 } },
            { name: "reserve", input: { sku: "kettle-2", quantity: 1 } },
          ],
        },
        { value: { reply: "Two mugs are yours.", reservations: ["res-1"], missing: ["Steel kettle"] } },
      ],
    })
    const run = await runWorkflow(orderDesk, example(orderDesk, "camping"), { models })
    expect(run.output).toMatchObject({ missing: ["Steel kettle"] })
    expect(JSON.stringify(models.calls.at(-1)?.operation)).toContain("Only 0 of Steel kettle are left.")
    expect(run.engine.state.steps.get("clerk[1].reserve")?.status).toBe("completed")
    expect(run.engine.state.steps.get("clerk[1].reserve-2")?.status).toBe("failed")
  })
})

describe("trip-saga", () => {
  it("books all three", async () => {
    const run = await runWorkflow(tripSaga, example(tripSaga, "booked"), { models: noModels })
    expect(run.output).toEqual([
      expect.stringMatching(/^flight-/),
      expect.stringMatching(/^hotel-/),
      expect.stringMatching(/^car-/),
    ])
  })

  it("cancels hotel and flight when there is no car", async () => {
    const run = await runWorkflow(tripSaga, example(tripSaga, "undone"), { models: noModels })
    expect(run.engine.state.error).toMatchObject({ code: "tool_failed", path: "car" })
    const undone = run.events.filter((event) => event.type === "compensation.completed")
    expect(undone.map(({ path }) => path)).toEqual(["hotel", "flight"])
  })
})

describe("portfolio-review", () => {
  it("[COST5] [API22] is a tree of runs, each with its own log and cost, which add up from bottom to top", async () => {
    const models = scriptedModel((operation) => ({
      value: { mood: JSON.stringify(operation).includes("left") ? "mixed" : "good" },
    }))
    const run = await runWorkflow(portfolioReview, example(portfolioReview, "two"), {
      models,
      workflows: [companyReview, documentReview],
    })
    expect(run.output).toEqual(["Acme"])
    const companies = [...run.children.values()]
    expect(companies.map(({ engine }) => engine.state.header?.input)).toMatchObject([
      { name: "Acme" },
      { name: "Birch" },
    ])
    expect(companies.map(({ children }) => children.size)).toEqual([2, 1])
    expect(models.calls.length).toBe(3)
    const tree = runTree(runSummary(run.engine.state), { runs: allBelow(run).map(summaryOfRun), truncated: [] })
    const paid = (id: string | undefined) => ownCost(run, id ?? "")
    const documents = tree.children.flatMap(({ children }) => children)
    expect(tree).toMatchObject({ workflow: "portfolio-review", status: "succeeded", cost: { nanoUsd: 0 } })
    expect(tree.children.map(({ workflow, path }) => [workflow, path])).toEqual([
      ["company-review", "companies[0].review"],
      ["company-review", "companies[1].review"],
    ])
    expect(documents.map(({ path }) => path)).toEqual([
      "documents[0].review",
      "documents[1].review",
      "documents[0].review",
    ])
    expect(documents.every(({ id, cost }) => cost.nanoUsd > 0 && cost.nanoUsd === paid(id))).toBe(true)
    const sum = documents.reduce((total, { cost }) => total + cost.nanoUsd, 0)
    expect(tree.totalCost.nanoUsd).toBe(sum)
    // What the tree adds up from the runs, the run itself has heard from its children.
    expect(runView(run.engine.state)).toMatchObject({ cost: { nanoUsd: 0 }, totalCost: { nanoUsd: sum } })
    expect(costReport(run.events)).toMatchObject({ total: { costNanoUsd: 0 }, withChildren: { costNanoUsd: sum } })
  })
})

function allBelow(run: TestRun): TestRun[] {
  const children = [...run.children.values()]
  return [...children, ...children.flatMap(allBelow)]
}

function summaryOfRun({ engine }: TestRun): RunSummary {
  return runSummary(engine.state)
}

function ownCost(run: TestRun, id: string): number | undefined {
  return allBelow(run).find(({ engine }) => engine.state.header?.runId === id)?.engine.state.costNanoUsd
}
