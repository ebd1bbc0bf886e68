/** The routing configuration: reading it, swapping it live, going back, and asking what it would decide. */
import { z } from "zod"
import { diffJson } from "../lib/json-diff.ts"
import { CONTROL } from "../objects/live-gateway.ts"
import { reach } from "../objects/remote.ts"
import type { RoutingSource } from "../objects/routing-versions.ts"
import { ContextBody, contextOf, OperationBody } from "../protocol/operation-body.ts"
import { DecisionView } from "../protocol/operation-view.ts"
import {
  RoutingActivated,
  RoutingConfigBody,
  RoutingVersionList,
  RoutingVersionView,
  RoutingView,
} from "../protocol/routing.ts"
import { named } from "../protocol/wire.ts"
import { compileRouting } from "../routing/compile.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import { json } from "./answer.ts"
import { type ApiContext, endpoint } from "./resource.ts"

const MAX_LISTED_VERSIONS = 200
/** A version is one row of the control object, and every isolate reads it. */
const MAX_CONFIG_BYTES = 512 * 1024

const RollbackBody = named("RollbackRouting", z.strictObject({ version: z.string() }))

const ExplainBody = named(
  "ExplainRouting",
  z.strictObject({
    context: ContextBody.prefault({}),
    operation: OperationBody,
    config: RoutingConfigBody.exactOptional().meta({
      description: "Decide by this configuration, which stays out of force.",
    }),
  }),
)

export const routing = [
  endpoint({
    method: "GET",
    path: "/v1/routing",
    summary: "Read the routing configuration that is in force",
    answers: { 200: { description: "The configuration and its version.", schema: RoutingView } },
    async handle(_asked, context) {
      const { version, source, origin } = await inForce(context)
      return json({ version, origin, config: source } satisfies RoutingView)
    },
  }),
  endpoint({
    method: "PUT",
    path: "/v1/routing",
    summary: "Put a routing configuration in force",
    description:
      "It is checked whole, kept as a version, and decides every operation that begins a second later, in every isolate. One that is wrong anywhere changes nothing.",
    body: RoutingConfigBody,
    maxBodyBytes: MAX_CONFIG_BYTES,
    answers: { 200: { description: "It is in force.", schema: RoutingActivated } },
    async handle({ body }, context) {
      const { live, providers } = gatewayOf(context)
      const { version, source } = compileRouting(body, providers)
      const before = await inForce(context)
      await control(context).putRouting({ version, source }, shippedOf(context))
      live.adopt({ version, source })
      return json(activated(before, { version, source, origin: "put" }))
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/routing/versions",
    summary: "List the versions of the routing configuration, newest first",
    answers: { 200: { description: "The latest versions.", schema: RoutingVersionList } },
    async handle(_asked, context) {
      const stored = await control(context).routingVersions(MAX_LISTED_VERSIONS)
      const { version: active } = await inForce(context)
      const shipped = { version: shippedOf(context).version, origin: "shipped" as const }
      const all = stored.some(({ version }) => version === shipped.version) ? stored : [...stored, shipped]
      const versions = all.map((row) => ({ ...row, isActive: row.version === active }))
      return json({ versions } satisfies RoutingVersionList)
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/routing/versions/{version}",
    summary: "Read one version, and how it differs from what is in force",
    params: z.object({ version: z.string() }),
    answers: { 200: { description: "The version.", schema: RoutingVersionView } },
    async handle({ params }, context) {
      const active = await inForce(context)
      const shipped = { ...shippedOf(context), origin: "shipped" as const }
      const found = params.version === shipped.version ? shipped : await control(context).routingVersion(params.version)
      const { source, ...rest } = found
      const changes = diffJson(active.source, source)
      return json({
        ...rest,
        isActive: rest.version === active.version,
        config: source,
        changes,
      } satisfies RoutingVersionView)
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/routing/rollback",
    summary: "Put an earlier version in force again",
    description: "The version that this deployment ships with follows the deployment from then on.",
    body: RollbackBody,
    answers: { 200: { description: "It is in force.", schema: RoutingActivated } },
    async handle({ body }, context) {
      const before = await inForce(context)
      const now = await control(context).rollbackRouting(body.version, shippedOf(context))
      gatewayOf(context).live.adopt(now)
      return json(activated(before, now ? { ...now, origin: "put" } : { ...shippedOf(context), origin: "shipped" }))
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/routing/explain",
    summary: "Ask what the routing would decide, calling nobody",
    body: ExplainBody,
    maxBodyBytes: MAX_CONFIG_BYTES,
    answers: { 200: { description: "Every candidate with its reason.", schema: DecisionView } },
    async handle({ body }, context) {
      const gateway = gatewayOf(context)
      const config = body.config && compileRouting(body.config, gateway.providers)
      const asked = contextOf(body.context, context.tenant)
      if (config) return json(gateway.explainUnder(config, asked, body.operation))
      await gateway.live.freshen()
      return json(gateway.explain(asked, body.operation))
    },
  }),
]

interface InForce extends RoutingSource {
  readonly origin: "shipped" | "put"
}

/** Asked of the control object, which knows; this isolate learns it on the way. */
async function inForce(context: ApiContext): Promise<InForce> {
  const now = await control(context).live()
  gatewayOf(context).live.adopt(now)
  return now ? { ...now, origin: "put" } : { ...shippedOf(context), origin: "shipped" }
}

function activated(before: InForce, { version, origin, source }: InForce): RoutingActivated {
  return { version, origin, previous: before.version, changes: diffJson(before.source, source) }
}

function shippedOf(context: ApiContext): RoutingSource {
  const { version, source }: CompiledRouting = gatewayOf(context).live.shipped
  return { version, source }
}

function gatewayOf({ deployment, env }: ApiContext) {
  return deployment.gateway(env)
}

function control({ env }: ApiContext) {
  return reach(env.CONTROL, CONTROL)
}
