/** The providers, by the name that routing uses before the slash. Adding one is one file and one entry. */
import { anthropic } from "./anthropic.ts"
import { azure } from "./azure.ts"
import { bedrock } from "./bedrock.ts"
import { cerebras } from "./cerebras.ts"
import { cloudflare } from "./cloudflare.ts"
import { cohere } from "./cohere.ts"
import { deepseek } from "./deepseek.ts"
import { fireworks } from "./fireworks.ts"
import { google } from "./google.ts"
import { googleVertex } from "./google-vertex.ts"
import { groq } from "./groq.ts"
import { local } from "./local.ts"
import { mistral } from "./mistral.ts"
import { openai } from "./openai.ts"
import { openaiCompatible } from "./openai-compatible.ts"
import { openrouter } from "./openrouter.ts"
import { perplexity } from "./perplexity.ts"
import type { Provider } from "./provider.ts"
import { together } from "./together.ts"
import { workersAi } from "./workers-ai.ts"
import { xai } from "./xai.ts"

export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  google,
  googleVertex,
  azure,
  bedrock,
  mistral,
  cohere,
  groq,
  xai,
  deepseek,
  perplexity,
  cerebras,
  together,
  fireworks,
  openrouter,
  workersAi,
  cloudflare,
  openaiCompatible,
  local,
]
