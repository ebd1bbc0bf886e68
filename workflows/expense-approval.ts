/**
 * Waiting for people who may not answer: a manager has two days, after which the question goes to the finance desk; when
 * nobody there answers either, the expense is refused. Shows approvals with a form, their end, and who decided.
 */
import { workflow } from "waybill"
import { z } from "zod"

const expense = z.object({
  employee: z.string(),
  manager: z.string(),
  amountUsd: z.number().positive(),
  reason: z.string(),
})

const form = z.object({ costCentre: z.string().min(1) })

const question = ({ employee, amountUsd, reason }: z.infer<typeof expense>): string =>
  `${employee} asks for ${amountUsd.toFixed(2)} USD: ${reason}`

export const expenseApproval = workflow("expense-approval", {
  version: 1,
  description: "Asks a manager, then the finance desk, and refuses an expense that nobody answers for.",
  input: expense,
  examples: {
    taxi: { employee: "Ines", manager: "Marta", amountUsd: 48.5, reason: "Taxi to the customer after the last train" },
  },
})
  .approve("manager", {
    summary: ({ input }) => `${input.manager}: ${question(input)}`,
    form,
    expires: "2d",
    onTimeout: "reject",
    onReject: "continue",
  })
  .approve("finance", {
    when: ({ manager }) => manager.timedOut,
    summary: ({ input }) => `${input.manager} did not answer. ${question(input)}`,
    form,
    expires: "5d",
    onTimeout: "reject",
    onReject: "continue",
  })
  .output(({ manager, finance }) => {
    const decision = finance ?? manager
    return {
      granted: decision.approved,
      decidedBy: decision.by ?? "nobody",
      inTime: !decision.timedOut,
      ...(decision.form ? { costCentre: decision.form.costCentre } : {}),
    }
  })
