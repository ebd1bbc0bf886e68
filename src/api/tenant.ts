/**
 * Who is asking. There are no API keys yet, so everybody is the tenant `default`, and only programs on the same machine are
 * answered: a server without keys must be of no use to the network, nor to a web page that its owner happens to visit.
 */
import { WaybillError } from "../lib/errors.ts"
import type { Tenant } from "./resource.ts"

const DEFAULT_TENANT: Tenant = { id: "default" }

/** The tenant that `request` is made for. Throws `origin_refused`. */
export function resolveTenant(request: Request): Tenant {
  const { hostname } = new URL(request.url)
  if (!isLoopback(hostname)) throw refused(`a request for the host ${hostname}`)
  const address = request.headers.get("cf-connecting-ip")
  if (address !== null && !isLoopback(address)) throw refused(`a request from ${address}`)
  // Browsers name the page that asks; other pages than those served on this machine have no business here.
  const origin = request.headers.get("origin")
  if (origin !== null && !isLoopback(URL.canParse(origin) ? new URL(origin).hostname : origin))
    throw refused(`a request from a page of ${origin}`)
  return DEFAULT_TENANT
}

/** Whether `host`, a name or an address, is this machine. */
function isLoopback(host: string): boolean {
  return /^(localhost|[\w-]+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?|\[?::ffff:127(\.\d{1,3}){3}\]?)$/i.test(host)
}

function refused(found: string): WaybillError {
  return new WaybillError("origin_refused", `Found ${found}, expected this machine.`)
}
