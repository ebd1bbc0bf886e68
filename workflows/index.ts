/** The workflows that are deployed. Adding one is one import and one entry. */
import type { Workflow } from "waybill"
import { supportRefund } from "./support-refund/workflow.ts"

export const workflows: readonly Workflow[] = [supportRefund]
