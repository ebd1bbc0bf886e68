/** The workflows that are deployed. Adding one is one import and one entry. */
import type { Workflow } from "waybill"

export const workflows: readonly Workflow[] = []
