/** Usage: what a tenant's runs and operations used and paid, by whatever tells them apart. */
import { reach } from "../objects/remote.ts"
import type { UsageTotal } from "../objects/usage-book.ts"
import { costView } from "../protocol/run-view.ts"
import { type UsageDimension, UsageQueryParameters, UsageView } from "../protocol/usage.ts"
import { json } from "./answer.ts"
import { endpoint } from "./resource.ts"

export const usage = [
  endpoint({
    method: "GET",
    path: "/v1/usage",
    summary: "Add up what was used and paid, by user, workflow, step, model or day",
    description:
      "Over runs and over operations that no run asked for, whose workflow is empty and whose step is their endpoint. Adds up to the ledgers of the runs, to the nano-dollar; a run under way is in it as of the last time that it came to rest. Child runs and forks are in it with what they paid for themselves.",
    query: UsageQueryParameters,
    answers: { 200: { description: "The sums.", schema: UsageView } },
    async handle({ query: { groupBy, limit, ...filter } }, { env, tenant }) {
      // All that is here is one tenant's.
      const within = groupBy.filter((dimension): dimension is UsageDimension => dimension !== "tenant")
      const report = await reach(env.TENANTS, tenant.id).usage({ ...filter, groupBy: within, limit: limit + 1 })
      const own = groupBy.includes("tenant") ? { tenant: tenant.id } : {}
      const groups = within.length === 0 ? [{ key: {}, ...report.total }] : report.groups
      const view: UsageView = {
        groupBy,
        total: sumsView(report.total),
        groups: groups.slice(0, limit).map(({ key, ...sums }) => ({ key: { ...own, ...key }, ...sumsView(sums) })),
        ...(groups.length > limit ? { truncated: true } : {}),
      }
      return json(view)
    },
  }),
]

function sumsView({ costNanoUsd, wastedNanoUsd, ...sums }: UsageTotal) {
  return { ...sums, cost: costView(costNanoUsd), wasted: costView(wastedNanoUsd) }
}
