/** A run of every workflow that is deployed, made with scripted models and, for the support desk, a real sandbox. */
import type { Workflow } from "waybill"
import { createRun, runWorkflow, scriptedModel, type TestRun } from "waybill/testing"
import { batchExtraction } from "../../workflows/batch-extraction.ts"
import { contentPipeline } from "../../workflows/content-pipeline.ts"
import { expenseApproval } from "../../workflows/expense-approval.ts"
import { orderDesk } from "../../workflows/order-desk.ts"
import { companyReview, documentReview, portfolioReview } from "../../workflows/portfolio-review.ts"
import { tripSaga } from "../../workflows/trip-saga.ts"
import { models, openDesk } from "../workflows/support-desk.ts"

/** A run for each workflow, by the workflow's name. */
export type Recordings = ReadonlyMap<string, TestRun>

const nobody = scriptedModel({})
const moods = scriptedModel({ judgement: { value: { mood: "good" } } })
const sections = [
  { heading: "One", points: ["first"] },
  { heading: "Two", points: ["second"] },
]
const writers = scriptedModel({
  research: { text: "Facts." },
  outline: { value: { title: "Durable", sections } },
  draft: { text: "Draft." },
  edit: { text: "Edited." },
})
const reader = scriptedModel((operation) => {
  const [, number = "", total = ""] = /INV-(\d+)[^$]*\$([\d.]+)/.exec(JSON.stringify(operation)) ?? []
  return { value: { invoiceNumber: `INV-${number}`, totalUsd: Number(total), dueDate: "2026-12-01" } }
})
const clerk = scriptedModel({
  clerk: [
    { calls: ["mug", "stove"].map((words) => ({ name: "find_products", input: { words } })) },
    { calls: [{ name: "reserve", input: { sku: "mug-1", quantity: 2 } }] },
    { value: { reply: "Two mugs are yours.", reservations: ["res-1"], missing: [] } },
  ],
})

export async function recordAll(): Promise<Recordings> {
  const review = await runWorkflow(portfolioReview, example(portfolioReview), {
    models: moods,
    workflows: [companyReview, documentReview],
  })
  const [company] = review.children.values()
  const [document] = company?.children.values() ?? []
  const runs = [
    await (await openDesk()).handle({ models: models() }),
    await runWorkflow(contentPipeline, example(contentPipeline), { models: writers }),
    await runWorkflow(batchExtraction, example(batchExtraction), { models: reader }),
    await approved(),
    await runWorkflow(orderDesk, example(orderDesk), { models: clerk }),
    await runWorkflow(tripSaga, tripSaga.examples.undone, { models: nobody }),
    review,
    ...(company && document ? [company, document] : []),
  ]
  return new Map(runs.map((run) => [run.workflow.name, run]))
}

async function approved(): Promise<TestRun> {
  const run = await createRun(expenseApproval, example(expenseApproval), { models: nobody })
  await run.settle({ skipTime: false })
  await run.engine.commands.approve("manager", { approved: true, by: "Marta", form: { costCentre: "sales" } })
  await run.settle()
  return run
}

function example({ examples }: Workflow): unknown {
  return Object.values(examples)[0]
}
