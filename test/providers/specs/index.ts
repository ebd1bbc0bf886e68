/** What each provider must do: one spec a provider. */
import type { ProviderSpec } from "../provider-contract.ts"
import { anthropicSpec } from "./anthropic.ts"
import { googleSpec } from "./google.ts"
import { openaiSpec } from "./openai.ts"

export const SPECS: readonly ProviderSpec[] = [openaiSpec, anthropicSpec, googleSpec]
