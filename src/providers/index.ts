/** The providers, by the name that routing uses before the slash. Adding one is one file and one entry. */
import { anthropic } from "./anthropic.ts"
import { cloudflare } from "./cloudflare.ts"
import { google } from "./google.ts"
import { local } from "./local.ts"
import { openai } from "./openai.ts"
import { openaiCompatible } from "./openai-compatible.ts"
import type { Provider } from "./provider.ts"
import { workersAi } from "./workers-ai.ts"

export const PROVIDERS: readonly Provider[] = [
  openai,
  anthropic,
  google,
  workersAi,
  cloudflare,
  openaiCompatible,
  local,
]
