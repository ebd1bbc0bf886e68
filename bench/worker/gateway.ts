/** The gateway's case inside workerd: the same question many times in a row, by the package alone or through the gateway. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { createGateway, type Gateway } from "../../src/gateway/gateway.ts"
import { systemClock } from "../../src/lib/clock.ts"
import { systemRandom } from "../../src/lib/random.ts"
import type { Env } from "../../src/objects/environment.ts"
import { PROVIDERS } from "../../src/providers/index.ts"
import { bareCall, CONTEXT, MODEL, nextOperation, OPTIONS, routing } from "../gateway-case.ts"

const outside: typeof fetch = (input, init) => fetch(input, init)

let shared: Gateway | undefined
function gatewayOf(env: Env): Gateway {
  shared ??= createGateway({
    routing: () => routing,
    providers: PROVIDERS,
    env,
    fetch: outside,
    clock: systemClock,
    random: systemRandom,
  })
  return shared
}

/** Asks `count` times: through the gateway, or the package alone at `baseURL` with `headers`. */
export async function askRepeatedly(env: Env, request: URLSearchParams): Promise<void> {
  const baseURL = request.get("baseURL")
  const headers: Record<string, string> = JSON.parse(request.get("headers") ?? "{}")
  const model =
    baseURL === null
      ? undefined
      : createOpenAICompatible({
          name: "stub",
          baseURL,
          headers,
          apiKey: "k",
          fetch: outside,
          supportsStructuredOutputs: true,
        }).languageModel(MODEL)
  // Its digest is taken by the run before it asks: once here, so that it is not timed.
  const operation = nextOperation()
  for (let left = Number(request.get("count")); left > 0; left -= 1) {
    if (model) await bareCall(model)
    else {
      const { status } = await gatewayOf(env).operate(operation, CONTEXT, OPTIONS)
      if (status !== "succeeded") throw new Error("the bench's operation failed")
    }
  }
}
