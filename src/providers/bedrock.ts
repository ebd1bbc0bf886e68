/** Amazon Bedrock: the Converse API, by a Bedrock API key or by AWS credentials (signed here). */
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock"
import { NO_KEY } from "./ai-gateway.ts"
import { capable, defineProvider, IMAGES, PDF } from "./define.ts"
import { bedrockDialect } from "./dialects/bedrock.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import type { ProviderEnv, ProviderSettings } from "./provider.ts"

const MODELS_WITHOUT_TOOLS =
  /titan|deepseek\.r1|llama2|llama3-(?:8b|70b)|llama3-2-[13]b|mistral-7b|mixtral|jamba-instruct|\.j2-|cohere\.command-(?:text|light)/

/** AWS regions inside the European Union. London (eu-west-2) and Zurich (eu-central-2) are not. */
const EU_REGIONS = /^eu-(?:central-1|west-1|west-3|north-1|south-1|south-2)$|^eusc-/
const HOST = /^(bedrock[a-z-]*)\.([a-z0-9-]+)\.amazonaws\./

function awsRegion(env: ProviderEnv): string {
  return envText(env, "AWS_REGION") ?? "us-east-1"
}

/**
 * Where a model runs: an inference profile is named for the area that it stays in (`eu.`, `us.`, `apac.`); `global.` stays
 * nowhere; a plain model id runs in the region that is called. A profile is trusted only when called from its own area.
 */
function regionsOf(model: string, env: ProviderEnv): readonly string[] {
  const declared = declaredRegions(env, "BEDROCK")
  if (declared.length > 0) return declared
  const region = awsRegion(env)
  const area = EU_REGIONS.test(region) ? "eu" : region.startsWith("us-") ? "us" : undefined
  const profile = /^(us|us-gov|eu|apac|au|jp|ca|global)\./.exec(model)?.[1]
  return area !== undefined && (profile === undefined || profile === area) ? [area] : []
}

function bedrockPackage(settings: ProviderSettings) {
  const { env, transport } = settings
  const session = envText(env, "AWS_SESSION_TOKEN")
  const signing = settings.apiKey === undefined && envText(env, "AWS_ACCESS_KEY_ID") !== undefined
  return createAmazonBedrock({
    region: awsRegion(env),
    fetch: transport.fetch,
    headers: { ...settings.headers },
    baseURL: settings.baseUrl ?? `https://bedrock-runtime.${awsRegion(env)}.amazonaws.com`,
    // An empty key makes the package sign; no key at all would make it look into `process.env`.
    apiKey: signing ? "" : (settings.apiKey ?? NO_KEY),
    ...(signing && {
      accessKeyId: envText(env, "AWS_ACCESS_KEY_ID") ?? "",
      secretAccessKey: envText(env, "AWS_SECRET_ACCESS_KEY") ?? "",
      ...(session === undefined ? {} : { sessionToken: session }),
    }),
  })
}

export const bedrock = defineProvider({
  id: "bedrock",
  otelName: "aws.bedrock",
  priceId: "aws",
  keyNames: ["AWS_BEARER_TOKEN_BEDROCK"],
  optionsKey: "bedrock",
  dialect: bedrockDialect,
  aiGateway: {
    slug: "aws-bedrock",
    path: (url) =>
      `${url.hostname.replace(HOST, "$1/$2/").split("/").slice(0, 2).join("/")}${url.pathname}${url.search}`,
  },
  configuration: (setup) =>
    needs(setup, [
      ["AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID"],
      ["AWS_BEARER_TOKEN_BEDROCK", "AWS_SECRET_ACCESS_KEY"],
    ]),
  capabilities: (model) =>
    capable(model, {
      operations: ["generate", "embed"],
      media: /claude|nova|pixtral|llama-?4|llama3-2-(?:11|90)b/.test(model) ? [...IMAGES, ...PDF] : PDF,
      tools: !MODELS_WITHOUT_TOOLS.test(model),
      // A schema travels as a tool that must be called.
      structuredOutput: MODELS_WITHOUT_TOOLS.test(model) ? "instruction" : "native",
    }),
  regions: (model, { env }) => regionsOf(model, env),
  cacheMark: { bedrock: { cachePoint: { type: "default" } } },
  languageModel: (model, settings) => bedrockPackage(settings).languageModel(model),
  embeddingModel: (model, settings) => bedrockPackage(settings).embeddingModel(model),
})
