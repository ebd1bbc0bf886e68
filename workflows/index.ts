/** The workflows that are deployed. Adding one is one import and one entry. */
import type { Workflow } from "waybill"
import { batchExtraction } from "./batch-extraction.ts"
import { contentPipeline } from "./content-pipeline.ts"
import { expenseApproval } from "./expense-approval.ts"
import { orderDesk } from "./order-desk.ts"
import { companyReview, documentReview, portfolioReview } from "./portfolio-review.ts"
import { supportRefund } from "./support-refund/workflow.ts"
import { tripSaga } from "./trip-saga.ts"

export const workflows: readonly Workflow[] = [
  supportRefund,
  batchExtraction,
  contentPipeline,
  expenseApproval,
  orderDesk,
  portfolioReview,
  companyReview,
  documentReview,
  tripSaga,
]
