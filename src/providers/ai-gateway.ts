/**
 * Through Cloudflare's AI Gateway: a `fetch` that sends a provider's own request, unchanged, to the gateway's
 * provider-native path, over HTTP or through the `AI` binding. It sits under the packages (and under AWS's signing, which
 * must see the real host), so every provider, operation and stream passes the same way.
 */
import { WaybillError } from "../lib/errors.ts"
import type { AiGatewaySettings, GatewayPlace, ProviderSettings } from "./provider.ts"
import type { AiBinding } from "./transport.ts"

/** Stands for "no key" where a package insists on one. Headers that bear it are stripped: the gateway has the key. */
export const NO_KEY = "no-key"
/** AI Gateway keeps no more metadata entries than this. */
const MAX_METADATA = 5

/** The settings, their `fetch` leading through the gateway when they name one and it has a place for the provider. */
export function reachThroughGateway(known: GatewayPlace | undefined, settings: ProviderSettings): ProviderSettings {
  const { gateway, transport } = settings
  const place = gateway?.custom === undefined ? known : { slug: `custom-${gateway.custom}` }
  if (gateway === undefined || place === undefined || place.inPackage) return settings
  const send = gateway.account === undefined ? bindingFetch(transport.ai) : transport.fetch
  return {
    ...settings,
    transport: {
      ...transport,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        const url = new URL(request.url)
        const path = (place.path ?? ownPath)(url).replace(/^\/+/, "")
        return send(`${gatewayOrigin(gateway)}/${place.slug}/${path}`, {
          method: request.method,
          headers: gatewayRequestHeaders(request.headers, gateway),
          body: init?.body ?? null,
          signal: request.signal,
        })
      },
    },
  }
}

/** Headers that tell the gateway what the call is for. */
export function gatewayHeaders(gateway: AiGatewaySettings): Record<string, string> {
  const metadata = Object.entries(gateway.metadata ?? {}).slice(0, MAX_METADATA)
  return {
    ...(metadata.length === 0 ? {} : { "cf-aig-metadata": JSON.stringify(Object.fromEntries(metadata)) }),
    // One authority retries, and it is ours.
    "cf-aig-max-attempts": "1",
    ...gateway.headers,
  }
}

function gatewayRequestHeaders(own: Headers, gateway: AiGatewaySettings): Headers {
  const headers = new Headers([...own.entries()].filter(([, value]) => !value.includes(NO_KEY)))
  for (const [name, value] of Object.entries(gatewayHeaders(gateway))) headers.set(name, value)
  if (gateway.account !== undefined) headers.set("cf-aig-authorization", `Bearer ${gateway.account.apiToken}`)
  return headers
}

function gatewayOrigin(gateway: AiGatewaySettings): string {
  const id = encodeURIComponent(gateway.id)
  return gateway.account === undefined
    ? `https://workers-binding.ai/ai-gateway/gateways/${id}`
    : `https://gateway.ai.cloudflare.com/v1/${encodeURIComponent(gateway.account.id)}/${id}`
}

function bindingFetch(ai: AiBinding | undefined): AiBinding["fetch"] {
  if (ai !== undefined) return (input, init) => ai.fetch(input, init)
  throw new WaybillError(
    "provider_not_configured",
    "AI Gateway is asked for without an account, and the Worker has no AI binding.",
  )
}

function ownPath(url: URL): string {
  return `${url.pathname}${url.search}`
}
