/**
 * A stand-in for Cloudflare's AI Gateway, over HTTP and as the `AI` binding sees it: it checks what the gateway checks
 * (token, gateway, metadata), keeps every request, and lets a test answer as the provider behind it would.
 */

/** One request as the gateway understood it. */
export interface AiGatewayRequest {
  readonly account: string | undefined
  readonly gateway: string
  /** The provider's slug, such as `anthropic`; `run` for the REST API. */
  readonly slug: string
  /** Path and query behind the slug. */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, unknown>>
  /** Parsed, when it is JSON. */
  readonly body: unknown
}

export interface AiGatewayStub {
  /** Answers for `gateway.ai.cloudflare.com`, the REST API of `api.cloudflare.com` and the binding's `workers-binding.ai`. */
  readonly fetch: typeof fetch
  readonly requests: readonly AiGatewayRequest[]
}

export interface AiGatewayStubOptions {
  /** Answers in the provider's own format. */
  readonly answer: (request: AiGatewayRequest) => Response | Promise<Response>
  /** The account's token. Default: `cf-token`. The binding needs none. */
  readonly token?: string
  /** Gateways that exist. Default: `default` alone. */
  readonly gateways?: readonly string[]
}

const MAX_METADATA = 5
const ADDRESSES = [
  /^https:\/\/gateway\.ai\.cloudflare\.com\/v1\/(?<account>[^/]+)\/(?<gateway>[^/]+)\/(?<slug>[^/]+)\/(?<endpoint>.*)$/,
  /^https:\/\/workers-binding\.ai\/ai-gateway\/gateways\/(?<gateway>[^/]+)\/(?<slug>[^/]+)\/(?<endpoint>.*)$/,
  /^https:\/\/api\.cloudflare\.com\/client\/v4\/accounts\/(?<account>[^/]+)\/ai\/(?<endpoint>.*)$/,
]

/** A gateway with an account, a token and answers of its own making. */
export function aiGatewayStub(options: AiGatewayStubOptions): AiGatewayStub {
  const requests: AiGatewayRequest[] = []
  const cache = new Map<string, Response>()
  return {
    requests,
    async fetch(input, init) {
      const request = await readRequest(new Request(input, init))
      requests.push(request)
      const refusal = refusalOf(request, options)
      if (refusal !== undefined) return withIds(refusal, requests.length, "MISS")
      const key = JSON.stringify([request.slug, request.endpoint, request.body])
      const hit = request.headers["cf-aig-cache-ttl"] === undefined ? undefined : cache.get(key)
      if (hit !== undefined) return withIds(hit.clone(), requests.length, "HIT")
      const answer = await options.answer(request)
      if (answer.ok && request.headers["cf-aig-cache-ttl"] !== undefined) cache.set(key, answer.clone())
      return withIds(answer, requests.length, "MISS")
    },
  }
}

async function readRequest(request: Request): Promise<AiGatewayRequest> {
  const found = ADDRESSES.map((address) => address.exec(request.url)?.groups).find((groups) => groups !== undefined)
  if (found === undefined) throw new Error(`AI Gateway has no such address: ${request.url}`)
  const headers = Object.fromEntries(request.headers.entries())
  const text = await request.text()
  return {
    account: found.account,
    gateway: decodeURIComponent(found.gateway ?? headers["cf-aig-gateway-id"] ?? ""),
    slug: found.slug ?? "run",
    endpoint: found.endpoint ?? "",
    headers,
    metadata: JSON.parse(headers["cf-aig-metadata"] ?? "{}"),
    body: headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : text,
  }
}

/** The gateway's own errors, by https://developers.cloudflare.com/ai-gateway/ */
function refusalOf(request: AiGatewayRequest, options: AiGatewayStubOptions): Response | undefined {
  const { account, gateway, slug, headers, metadata } = request
  const token = `Bearer ${options.token ?? "cf-token"}`
  const given = slug === "run" ? headers.authorization : headers["cf-aig-authorization"]
  if (account !== undefined && given !== token) return gatewayError(401, 2009, "Unauthorized")
  if (!(options.gateways ?? ["default"]).includes(gateway))
    return gatewayError(400, 2001, "Please configure AI Gateway in the Cloudflare dashboard")
  const values = Object.values(metadata)
  if (values.length > MAX_METADATA || values.some((value) => typeof value === "object" && value !== null))
    return gatewayError(400, 2002, `Metadata must be flat and of at most ${MAX_METADATA} entries`)
  return undefined
}

/** An error of the gateway itself, as it words them. */
export function gatewayError(status: number, code: number, message: string): Response {
  return Response.json({ success: false, result: [], messages: [], error: [{ code, message }] }, { status })
}

function withIds(answer: Response, count: number, cacheStatus: "HIT" | "MISS"): Response {
  const headers = new Headers(answer.headers)
  headers.set("cf-aig-log-id", `log-${count}`)
  headers.set("cf-aig-request-id", `request-${count}`)
  headers.set("cf-aig-event-id", `event-${count}`)
  headers.set("cf-aig-cache-status", cacheStatus)
  headers.set("cf-aig-step", "0")
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
}
