/**
 * Access tokens of a Google service account (OAuth 2.0 JWT bearer grant), made with WebCrypto and kept until shortly before
 * they expire. Invariant: the private key never leaves this file, and one account has one token request in flight.
 */
import { type Clock, systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { envText } from "./env.ts"
import type { ProviderEnv } from "./provider.ts"
import { countAt, parseJson, textAt } from "./wire/body.ts"

const TOKEN_URL = "https://oauth2.googleapis.com/token"
const SCOPE = "https://www.googleapis.com/auth/cloud-platform"
const LIFETIME_MS = 3_600_000
/** A token this close to its end is replaced. */
const MARGIN_MS = 120_000

interface Token {
  readonly value: Promise<string>
  usableUntilMs: number
}

const tokens = new Map<string, Token>()

/** The account's current token. Throws `provider_not_configured` when the account's variables are missing or Google refuses them. */
export function serviceAccountToken(env: ProviderEnv, send: typeof fetch, clock: Clock = systemClock): Promise<string> {
  const email = envText(env, "GOOGLE_CLIENT_EMAIL")
  const key = envText(env, "GOOGLE_PRIVATE_KEY")
  if (email === undefined || key === undefined)
    throw new WaybillError("provider_not_configured", "Vertex AI needs GOOGLE_CLIENT_EMAIL and GOOGLE_PRIVATE_KEY.")
  const known = tokens.get(email)
  if (known !== undefined && clock.nowMs() < known.usableUntilMs) return known.value
  const token: Token = { usableUntilMs: clock.nowMs() + LIFETIME_MS - MARGIN_MS, value: request() }
  tokens.set(email, token)
  return token.value

  async function request(): Promise<string> {
    try {
      const grant = await fetchToken(await signedGrant(email ?? "", key ?? "", clock.nowMs()), send)
      token.usableUntilMs = clock.nowMs() + grant.lifetimeMs - MARGIN_MS
      return grant.token
    } catch (error) {
      tokens.delete(email ?? "")
      throw error
    }
  }
}

async function fetchToken(assertion: string, send: typeof fetch) {
  const response = await send(TOKEN_URL, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }).toString(),
  })
  const document = parseJson(await response.text())
  const token = textAt(document, "access_token")
  if (token === undefined)
    throw new WaybillError(
      "provider_not_configured",
      `Google refused the service account: ${textAt(document, "error_description") ?? `HTTP ${response.status}`}`,
    )
  return { token, lifetimeMs: countAt(document, "expires_in") * 1000 || LIFETIME_MS }
}

async function signedGrant(email: string, privateKey: string, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000)
  const claims = { iss: email, scope: SCOPE, aud: TOKEN_URL, iat: issuedAt, exp: issuedAt + LIFETIME_MS / 1000 }
  const unsigned = `${base64Url(JSON.stringify({ alg: "RS256", typ: "JWT" }))}.${base64Url(JSON.stringify(claims))}`
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
  const key = await crypto.subtle.importKey("pkcs8", bytesOfPem(privateKey), algorithm, false, ["sign"])
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(unsigned))
  return `${unsigned}.${base64Url(String.fromCharCode(...new Uint8Array(signature)))}`
}

/** Environments often hold the key with its line breaks written as `\n`. */
function bytesOfPem(pem: string): Uint8Array<ArrayBuffer> {
  const base64 = pem.replace(/\\n/g, "\n").replace(/-----[A-Z ]+-----|\s/g, "")
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function base64Url(binary: string): string {
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
}
