/** Azure OpenAI: a resource's own deployments, named like models (`azure/<deployment>`). */
import { createAzure } from "@ai-sdk/azure"
import { capable, defineProvider, IMAGES, packageSettings, strictSchema } from "./define.ts"
import { openaiDialect } from "./dialects/openai.ts"
import { declaredRegions, envText, needs } from "./env.ts"
import type { ProviderSettings } from "./provider.ts"

/** AI Gateway knows Azure by resource and deployment, which the newer `/openai/v1` addresses do not have. */
const DEPLOYMENT_URL = /^\/openai\/deployments\/([^/]+)\/(.+)$/

function azurePackage(settings: ProviderSettings) {
  const resource = envText(settings.env, "AZURE_RESOURCE_NAME") ?? "resource"
  return createAzure({
    ...packageSettings(
      settings,
      envText(settings.env, "AZURE_OPENAI_BASE_URL") ?? `https://${resource}.openai.azure.com/openai`,
    ),
    apiVersion: envText(settings.env, "AZURE_API_VERSION") ?? (settings.gateway === undefined ? "v1" : "2024-10-21"),
    useDeploymentBasedUrls: settings.gateway !== undefined,
  })
}

export const azure = defineProvider({
  id: "azure",
  otelName: "azure.ai.openai",
  priceId: "azure",
  keyNames: ["AZURE_API_KEY"],
  optionsKey: "azure",
  dialect: openaiDialect({
    id: "azure",
    rules: [
      { class: "provider.quota", message: /out of call volume quota|quota exceeded for|insufficient ?quota/i },
      {
        class: "provider.overloaded",
        status: [429],
        message: /high demand|temporarily unable|no ?capacity|engine is (?:currently )?overloaded/i,
      },
      { class: "provider.rate_limited", code: /^429$/ },
      { class: "provider.auth", code: /^(?:401|PermissionDenied|AccessDenied)$/ },
      { class: "provider.model_gone", code: /^(?:DeploymentNotFound|ModelDeprecated|OperationNotSupported)$/ },
    ],
  }),
  aiGateway: {
    slug: "azure-openai",
    path: (url) => `${url.hostname.split(".")[0]}/${url.pathname.replace(DEPLOYMENT_URL, "$1/$2")}${url.search}`,
  },
  configuration: (setup) =>
    needs(
      setup,
      [["AZURE_API_KEY"]],
      setup.baseUrl === undefined ? [["AZURE_RESOURCE_NAME", "AZURE_OPENAI_BASE_URL"]] : [],
    ),
  capabilities: (deployment) => capable(deployment, { operations: ["generate", "embed"], media: IMAGES }),
  // The resource's name does not tell its region, and "global" deployments leave it: the operator must say.
  regions: (_deployment, { env }) => declaredRegions(env, "AZURE"),
  callOptions: (operation) => ({
    azure: { store: false, reasoningSummary: null, ...strictSchema("azure", operation).azure },
  }),
  languageModel: (deployment, settings) =>
    settings.gateway === undefined ? azurePackage(settings)(deployment) : azurePackage(settings).chat(deployment),
  embeddingModel: (deployment, settings) => azurePackage(settings).embeddingModel(deployment),
})
