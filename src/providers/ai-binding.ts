/**
 * Cloudflare's own models: `createAI` of the `agents` package over the `AI` binding, or over a stand-in for the binding that
 * calls the REST API, so that both pass the attempt's transport (the package's own REST client would use the global `fetch`).
 */
import { createAI } from "agents/models/ai-sdk"
import { WaybillError } from "../lib/errors.ts"
import { gatewayHeaders } from "./ai-gateway.ts"
import { envText } from "./env.ts"
import type { Configuration, ProviderSettings, ProviderSetup } from "./provider.ts"
import type { AiBinding } from "./transport.ts"
import { at, parseJson } from "./wire/body.ts"

const REST = "https://api.cloudflare.com/client/v4/accounts"

/** Ready with the AI binding, or with an account id and an API token. */
export function cloudflareConfiguration({ env, gateway }: ProviderSetup): Configuration {
  const account =
    envText(env, "CLOUDFLARE_ACCOUNT_ID") !== undefined && envText(env, "CLOUDFLARE_API_TOKEN") !== undefined
  if (env.AI !== undefined || account || gateway?.account !== undefined) return { status: "ready" }
  return {
    status: "not_configured",
    missing: ["AI"],
    remedy: 'Bind AI in wrangler.toml ([ai] binding = "AI"), or set CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN.',
  }
}

/** The `createAI` factory for one attempt. Throws `provider_not_configured` without a binding or an account. */
export function cloudflareAi(settings: ProviderSettings): ReturnType<typeof createAI> {
  const binding = bindingOf(settings)
  const { gateway } = settings
  return createAI({
    // The package asks for the whole `Ai` type of the platform and uses `run` and `fetch` of it.
    binding: binding as unknown as Ai,
    id: gateway?.id ?? "default",
    ...(gateway?.metadata === undefined
      ? {}
      : { metadata: Object.fromEntries(Object.entries(gateway.metadata).slice(0, 5)) }),
  })
}

/** Headers of one call, for the package's `headers` option. */
export function cloudflareHeaders(settings: ProviderSettings): Record<string, string> {
  const { "cf-aig-metadata": _, ...gateway } = settings.gateway === undefined ? {} : gatewayHeaders(settings.gateway)
  return { ...gateway, ...settings.headers }
}

function bindingOf({ env, gateway, transport, apiKey, baseUrl }: ProviderSettings): AiBinding {
  const accountId = gateway?.account?.id ?? envText(env, "CLOUDFLARE_ACCOUNT_ID")
  const apiToken = gateway?.account?.apiToken ?? apiKey ?? envText(env, "CLOUDFLARE_API_TOKEN")
  if (transport.ai !== undefined && gateway?.account === undefined) return transport.ai
  if (accountId !== undefined && apiToken !== undefined)
    return restBinding(`${baseUrl ?? REST}/${encodeURIComponent(accountId)}/ai`, apiToken, transport.fetch)
  throw new WaybillError(
    "provider_not_configured",
    "Cloudflare's models need the AI binding, or CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN.",
  )
}

/** The binding's `run` over the REST API: model ids of Workers AI on `/run`, all others on the chat endpoint. */
function restBinding(base: string, apiToken: string, send: typeof fetch): AiBinding {
  return {
    fetch: () => Promise.reject(new Error("The REST API has no provider-native path.")),
    async run(model, input, options) {
      const own = model.startsWith("@cf/")
      const body = own ? input : { ...Object(input), model }
      const response = await send(own ? `${base}/run/${model}` : `${base}/v1/chat/completions`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${apiToken}`,
          "cf-aig-gateway-id": String(at(options, "gateway", "id") ?? "default"),
          ...metadataHeader(at(options, "gateway", "metadata")),
          ...Object(at(options, "extraHeaders")),
        },
        body: JSON.stringify(body),
        ...(options?.signal instanceof AbortSignal ? { signal: options.signal } : {}),
      })
      return own ? unwrapped(response) : response
    },
  }
}

function metadataHeader(metadata: unknown): Record<string, string> {
  return metadata === undefined ? {} : { "cf-aig-metadata": JSON.stringify(metadata) }
}

/** REST wraps an answer in `{ success, result }` where the binding gives the result itself. */
async function unwrapped(response: Response): Promise<Response> {
  const type = response.headers.get("content-type") ?? ""
  if (!response.ok || !type.includes("application/json")) return response
  const text = await response.text()
  const document = parseJson(text)
  const result = at(document, "success") === true ? at(document, "result") : undefined
  return new Response(result === undefined ? text : JSON.stringify(result), {
    status: response.status,
    headers: { "content-type": type, ...aigHeaders(response.headers) },
  })
}

function aigHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers.entries()].filter(([name]) => name.startsWith("cf-aig-")))
}
