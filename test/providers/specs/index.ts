/** What each provider must do: one spec a provider. */
import type { ProviderSpec } from "../provider-contract.ts"
import { anthropicSpec } from "./anthropic.ts"
import { azureSpec } from "./azure.ts"
import { bedrockSpec } from "./bedrock.ts"
import { cerebrasSpec } from "./cerebras.ts"
import { cloudflareSpec } from "./cloudflare.ts"
import { cohereSpec } from "./cohere.ts"
import { deepseekSpec } from "./deepseek.ts"
import { fireworksSpec } from "./fireworks.ts"
import { googleSpec } from "./google.ts"
import { googleVertexSpec } from "./google-vertex.ts"
import { groqSpec } from "./groq.ts"
import { localSpec } from "./local.ts"
import { mistralSpec } from "./mistral.ts"
import { openaiSpec } from "./openai.ts"
import { openaiCompatibleSpec } from "./openai-compatible.ts"
import { openrouterSpec } from "./openrouter.ts"
import { perplexitySpec } from "./perplexity.ts"
import { togetherSpec } from "./together.ts"
import { workersAiSpec } from "./workers-ai.ts"
import { xaiSpec } from "./xai.ts"

export const SPECS: readonly ProviderSpec[] = [
  openaiSpec,
  anthropicSpec,
  googleSpec,
  googleVertexSpec,
  azureSpec,
  bedrockSpec,
  mistralSpec,
  cohereSpec,
  groqSpec,
  xaiSpec,
  deepseekSpec,
  perplexitySpec,
  cerebrasSpec,
  togetherSpec,
  fireworksSpec,
  openrouterSpec,
  workersAiSpec,
  cloudflareSpec,
  openaiCompatibleSpec,
  localSpec,
]
