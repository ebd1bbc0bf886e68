/** Service account tokens for Vertex: signed here, fetched over the attempt's transport, kept while they last. */
import { createVerify, generateKeyPairSync } from "node:crypto"
import { describe, expect, it } from "vitest"
import { serviceAccountToken } from "../../src/providers/google-token.ts"
import { drive, TEXT } from "./drive.ts"
import { googleVertexSpec } from "./specs/google-vertex.ts"
import { answer, success } from "./wire-answer.ts"

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const PEM = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const account = (email: string) => ({
  GOOGLE_CLIENT_EMAIL: email,
  GOOGLE_PRIVATE_KEY: PEM.replaceAll("\n", "\\n"),
  GOOGLE_VERTEX_PROJECT: "acme",
  GOOGLE_VERTEX_LOCATION: "europe-west1",
})
const grant = (token: string) =>
  answer(
    200,
    { "content-type": "application/json" },
    JSON.stringify({ access_token: token, expires_in: 3600, token_type: "Bearer" }),
  )

function clockAt(nowMs: number) {
  const clock = { atMs: nowMs, nowMs: () => clock.atMs, setTimer: () => () => undefined }
  return clock
}

describe("a service account of Google", () => {
  it("[PROV1] signs its own grant and calls Vertex with the token, and asks for no second one", async () => {
    const { apiKey: _, ...settings } = googleVertexSpec.settings
    const setup = { ...googleVertexSpec, settings: { ...settings, env: account("one@acme.example") } }
    const first = await drive(setup, TEXT, [grant("ya29.one"), success("google-vertex", "text.json")])
    expect(first.record.outcome).toBe("succeeded")
    const [tokenRequest, call] = first.sent
    expect(tokenRequest).toMatchObject({ url: "https://oauth2.googleapis.com/token", method: "POST" })
    expect(call).toMatchObject({ url: googleVertexSpec.url, headers: { authorization: "Bearer ya29.one" } })
    expect(call?.headers["x-goog-api-key"]).toBeUndefined()

    const form = new URLSearchParams(String(tokenRequest?.body))
    const [head, claims, signature] = (form.get("assertion") ?? "").split(".")
    const verifier = createVerify("RSA-SHA256").update(`${head}.${claims}`)
    expect(verifier.verify(publicKey, signature ?? "", "base64url")).toBe(true)
    expect(JSON.parse(Buffer.from(claims ?? "", "base64url").toString())).toMatchObject({
      iss: "one@acme.example",
      aud: "https://oauth2.googleapis.com/token",
      scope: "https://www.googleapis.com/auth/cloud-platform",
    })

    const second = await drive(setup, TEXT, [success("google-vertex", "text.json")])
    expect(second.sent.map(({ headers }) => headers.authorization)).toEqual(["Bearer ya29.one"])
  })

  it("[PROV3] that Google refuses is a fault of the key", async () => {
    const { apiKey: _, ...settings } = googleVertexSpec.settings
    const setup = { ...googleVertexSpec, settings: { ...settings, env: account("two@acme.example") } }
    const refusal = { error: "invalid_grant", error_description: "Invalid JWT Signature." }
    const wire = answer(400, { "content-type": "application/json" }, JSON.stringify(refusal))
    const { record } = await drive(setup, TEXT, [wire])
    expect(record.failure).toMatchObject({ class: "provider.auth", providerCode: "invalid_grant" })
  })

  it("is asked for once by calls at the same time, again when it is about to end, and again after a refusal", async () => {
    const clock = clockAt(0)
    let count = 0
    const send = async () => {
      count += 1
      if (count === 2) return new Response("{}", { status: 500 })
      return Response.json({ access_token: `token-${count}`, expires_in: 600 })
    }
    const token = () => serviceAccountToken(account("three@acme.example"), send, clock)
    expect(await Promise.all([token(), token()])).toEqual(["token-1", "token-1"])
    clock.atMs = 479_000
    expect(await token()).toBe("token-1")
    clock.atMs = 481_000
    await expect(token()).rejects.toMatchObject({ code: "provider_not_configured" })
    expect(await token()).toBe("token-3")
  })
})
