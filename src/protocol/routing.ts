/** The routing configuration as the doors show it: what is in force, its versions, and how one differs from another. */
import { z } from "zod"
import { anyJson, named } from "./wire.ts"

const version = z.string().meta({ description: "Sixteen hex characters: the digest of the configuration." })
const origin = z.enum(["shipped", "put"]).meta({ description: "`shipped` with the code, or `put` live." })

/** A configuration on its way in: its shape and its names are checked by the compiler, which says where each mistake is. */
export const RoutingConfigBody = named(
  "RoutingConfig",
  z.record(z.string(), anyJson).meta({ description: "What `defineRouting` takes: models, routes, rules, redact, …" }),
)

export const Change = named(
  "Change",
  z.object({
    path: z.string(),
    before: anyJson.exactOptional().meta({ description: "In what is in force; absent where it has no such member." }),
    after: anyJson.exactOptional(),
  }),
)

export const RoutingView = named("Routing", z.object({ version, origin, config: RoutingConfigBody }))
export type RoutingView = z.infer<typeof RoutingView>

export const RoutingActivated = named(
  "RoutingActivated",
  z.object({
    version,
    origin,
    previous: version,
    changes: z.array(Change).readonly().meta({ description: "From what was in force to what is now." }),
  }),
)
export type RoutingActivated = z.infer<typeof RoutingActivated>

const listed = {
  version,
  origin,
  isActive: z.boolean(),
  createdAtMs: z.int().exactOptional(),
}

export const RoutingVersionList = named(
  "RoutingVersionList",
  z.object({
    versions: z
      .array(z.object({ ...listed, activatedAtMs: z.int().exactOptional() }))
      .readonly()
      .meta({ description: "Newest first." }),
  }),
)
export type RoutingVersionList = z.infer<typeof RoutingVersionList>

export const RoutingVersionView = named(
  "RoutingVersion",
  z.object({
    ...listed,
    config: RoutingConfigBody,
    changes: z.array(Change).readonly().meta({ description: "From what is in force to this version." }),
  }),
)
export type RoutingVersionView = z.infer<typeof RoutingVersionView>
