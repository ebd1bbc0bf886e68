/** Reading the environment for providers: text variables, keys, and the regions that the operator vouches for. */
import type { Configuration, Provider, ProviderEnv, ProviderSetup } from "./provider.ts"

/** A text variable of the environment; `undefined` when it is absent, blank or a binding. */
export function envText(env: ProviderEnv, name: string): string | undefined {
  const value = env[name]
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined
}

/** The keys that the first variable set among `keyNames` holds, in order. */
export function keysOf(provider: Pick<Provider, "keyNames">, env: ProviderEnv): readonly string[] {
  const text = provider.keyNames.map((name) => envText(env, name)).find((value) => value !== undefined)
  return commaSeparated(text)
}

/** Residency regions that the operator vouches for: `OPENAI_REGIONS=eu`, comma-separated. */
export function declaredRegions(env: ProviderEnv, prefix: string): readonly string[] {
  return commaSeparated(envText(env, `${prefix}_REGIONS`)?.toLowerCase())
}

/**
 * Ready when of every group at least one variable is set. AI Gateway may hold the keys, so behind it only the groups of
 * `always` (addresses, accounts) count.
 */
export function needs(
  setup: ProviderSetup,
  keys: readonly (readonly string[])[],
  always: readonly (readonly string[])[] = [],
): Configuration {
  if (setup.gateway !== undefined && setup.gateway.account === undefined && setup.env.AI === undefined)
    return {
      status: "not_configured",
      missing: ["AI"],
      remedy: 'Bind AI in wrangler.toml ([ai] binding = "AI"), or give the gateway an account id and an API token.',
    }
  const groups = setup.gateway === undefined ? [...keys, ...always] : always
  const missing = groups.filter((names) => names.every((name) => envText(setup.env, name) === undefined))
  if (missing.length === 0) return { status: "ready" }
  return {
    status: "not_configured",
    missing: missing.map((names) => names[0] ?? ""),
    remedy: `Set ${missing.map((names) => names.join(" or ")).join(" and ")}.`,
  }
}

function commaSeparated(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
}
