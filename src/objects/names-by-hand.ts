/** Models and routes that people name by hand: one that cannot be asked would be passed over, and the step served by another. */
import type { Command } from "../protocol/command.ts"
import { checkModelName, checkRouteName } from "../routing/model-named.ts"
import type { StepEdit } from "../run/event.ts"
import type { LiveGateway } from "./live-gateway.ts"

type Names = Pick<StepEdit, "model" | "route">

/** Throws `model_not_found` for a name in `command` that nothing has, and `provider_not_configured` for one that nobody can ask. */
export async function checkNamesIn(command: Command, gateway: LiveGateway): Promise<void> {
  if (command.type === "edit") return checkNames(command.edit, gateway, "body.")
  if (command.type === "retry") return checkNames(command, gateway, "body.")
  if (command.type === "resolve" && command.resolution.action === "retry")
    return checkNames(command.resolution, gateway, "body.")
}

/** As `checkNamesIn`, for the edits of a fork, by the path of their step. */
export async function checkNamesOf(edits: Readonly<Record<string, Names>>, gateway: LiveGateway): Promise<void> {
  for (const [path, edit] of Object.entries(edits)) await checkNames(edit, gateway, `${path}.`)
}

async function checkNames({ model, route }: Names, gateway: LiveGateway, prefix: string): Promise<void> {
  if (model === undefined && route === undefined) return
  const { live, providers, missingFor } = gateway
  await live.freshen()
  const nameable = { routing: live.current, providers, missingFor }
  if (model !== undefined) checkModelName(model, nameable, `${prefix}model`)
  if (route !== undefined) checkRouteName(route, nameable, `${prefix}route`)
}
