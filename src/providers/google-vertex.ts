/** Gemini on Vertex AI: by an express key, or by a service account whose token is made here, over the attempt's own transport. */
import { createGoogleVertex } from "@ai-sdk/google-vertex/edge"
import { capable, defineProvider, packageSettings } from "./define.ts"
import { googleDialect } from "./dialects/google.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import { GEMINI_MAX_REQUEST_BYTES, GEMINI_MEDIA } from "./gemini.ts"
import { serviceAccountToken } from "./google-token.ts"
import type { ProviderEnv, ProviderSettings } from "./provider.ts"

/** Locations inside the European Union. London (europe-west2) and Zurich (europe-west6) are not. */
const EU_LOCATIONS = /^(?:eu|europe-(?:central2|north[12]|southwest1|west(?:1|3|4|8|9|10|12)))$/
const EXPRESS_KEY = "GOOGLE_VERTEX_API_KEY"

function locationOf(env: ProviderEnv): string {
  return envText(env, "GOOGLE_VERTEX_LOCATION") ?? "global"
}

function addressOf(env: ProviderEnv): string {
  const location = locationOf(env)
  const host =
    location === "global"
      ? "aiplatform.googleapis.com"
      : location === "eu" || location === "us"
        ? `aiplatform.${location}.rep.googleapis.com`
        : `${location}-aiplatform.googleapis.com`
  const project = envText(env, "GOOGLE_VERTEX_PROJECT")
  return project === undefined
    ? `https://${host}/v1/publishers/google`
    : `https://${host}/v1/projects/${project}/locations/${location}/publishers/google`
}

/**
 * The package would fetch a token by itself before every call, past the transport. So it is told that it has an express
 * key, and the `fetch` under it puts the service account's token in that key's place.
 */
function vertexPackage(settings: ProviderSettings) {
  const own = packageSettings(settings, addressOf(settings.env))
  if (settings.apiKey !== undefined || settings.gateway !== undefined) return createGoogleVertex(own)
  return createGoogleVertex({
    ...own,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      headers.delete("x-goog-api-key")
      headers.set("authorization", `Bearer ${await serviceAccountToken(settings.env, settings.transport.fetch)}`)
      return settings.transport.fetch(input, { ...init, headers })
    },
  })
}

export const googleVertex = defineProvider({
  id: "google-vertex",
  otelName: "gcp.vertex_ai",
  priceId: "google",
  keyNames: [EXPRESS_KEY],
  optionsKey: "googleVertex",
  dialect: googleDialect,
  aiGateway: { slug: "google-vertex-ai" },
  configuration: (setup) =>
    needs(setup, [
      [EXPRESS_KEY, "GOOGLE_CLIENT_EMAIL"],
      [EXPRESS_KEY, "GOOGLE_PRIVATE_KEY"],
      [EXPRESS_KEY, "GOOGLE_VERTEX_PROJECT"],
    ]),
  capabilities: (model) =>
    capable(model, {
      // Claude and others on Vertex have wires of their own, which this file does not speak.
      operations: /^(?:gemini|text-(?:multilingual-)?embedding|gemma)/.test(model) ? ["generate", "embed"] : [],
      media: GEMINI_MEDIA,
      maxRequestBytes: GEMINI_MAX_REQUEST_BYTES,
    }),
  regions(_model, { env }) {
    const location = locationOf(env)
    if (envText(env, "GOOGLE_VERTEX_PROJECT") === undefined) return declaredRegions(env, "GOOGLE_VERTEX")
    if (EU_LOCATIONS.test(location)) return ["eu"]
    return /^us(?:-|$)/.test(location) ? ["us"] : declaredRegions(env, "GOOGLE_VERTEX")
  },
  languageModel: (model, settings) => vertexPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => vertexPackage(settings).embeddingModel(model),
})
