/**
 * The routing rules. They arrange in this order, so a later one overrides an earlier one: a rule's `use` beats an
 * experiment, which beats latency and price, which beat the order of `try`. They strike in this order too:
 * the first reason found is the one that is recorded.
 */
import { health } from "./health.ts"
import { latency } from "./latency.ts"
import { order } from "./order.ts"
import { price } from "./price.ts"
import { require } from "./require.ts"
import type { RoutingRule } from "./rule.ts"
import { split } from "./split.ts"
import { use } from "./use.ts"
import { when } from "./when.ts"

export const routingRules: readonly RoutingRule[] = [order, price, latency, split, use, when, require, health]
