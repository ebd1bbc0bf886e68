/**
 * A tree of runs: a review of a portfolio starts a run for each company, and that one a run for each of its documents. Shows
 * child runs: each has its own log, object and cost, and is cancelled with its parent.
 */
import { workflow } from "waybill"
import { z } from "zod"

const MOODS = { good: "The company does well", mixed: "Some of it is worrying", bad: "The company is in trouble" }

const company = z.object({ name: z.string(), documents: z.array(z.string()).min(1) })

export const documentReview = workflow("document-review", {
  version: 1,
  description: "Judges one document about a company.",
  input: z.object({ text: z.string() }),
  examples: { growth: { text: "Revenue grew by a third, and the new plant opened on time." } },
})
  .classify("judgement", { text: ({ input }) => input.text, labels: { mood: MOODS } })
  .output(({ judgement }) => judgement.mood)

export const companyReview = workflow("company-review", {
  version: 1,
  description: "Reviews the documents of one company, each in a run of its own.",
  input: company,
  examples: {
    acme: { name: "Acme", documents: ["Revenue grew by a third.", "Two directors left within a month."] },
  },
})
  .map("documents", {
    over: ({ input }) => input.documents,
    each: (g) => g.child("review", documentReview, ({ item }) => ({ text: item })).output(({ review }) => review),
  })
  .output(({ input, documents }) => ({
    name: input.name,
    alarming: documents.filter((mood) => mood !== "good").length,
  }))

export const portfolioReview = workflow("portfolio-review", {
  version: 1,
  description: "Reviews every company of a portfolio and says which need a closer look.",
  input: z.object({ companies: z.array(company).min(1).max(50) }),
  examples: {
    two: {
      companies: [
        { name: "Acme", documents: ["Revenue grew by a third.", "Two directors left within a month."] },
        { name: "Birch", documents: ["The order book is full until the spring."] },
      ],
    },
  },
})
  .map("companies", {
    over: ({ input }) => input.companies,
    concurrency: 5,
    each: (g) => g.child("review", companyReview, ({ item }) => item).output(({ review }) => review),
  })
  .output(({ companies }) => companies.filter(({ alarming }) => alarming > 0).map(({ name }) => name))
