/** Today's routing as a golden test asks it: on no machine in particular, so who has keys is said, or read off the recording. */
import type { Recording } from "../engine/recording.ts"
import { systemClock } from "../lib/clock.ts"
import { WaybillError } from "../lib/errors.ts"
import { seededRandom } from "../lib/random.ts"
import type { Forecaster } from "../model/client.ts"
import type { Provider } from "../providers/provider.ts"
import type { CompiledRouting } from "../routing/compiled.ts"
import { eventsIn } from "../store/pages.ts"

/** `configured`: ids of the providers that have keys; those that need none always serve. */
export async function goldenForecaster(
  routing: CompiledRouting,
  recording: Recording,
  configured?: readonly string[],
): Promise<Forecaster> {
  // Loaded when they are needed: the providers take longer to load than most tests to run.
  const { createGateway } = await import("../gateway/gateway.ts")
  const { PROVIDERS } = await import("../providers/index.ts")
  const lacking = foundWithoutKeys(recording)
  const isReady = ({ id, keyNames }: Provider) =>
    configured ? configured.includes(id) || keyNames.length === 0 : !lacking.has(id)
  return createGateway({
    routing: () => routing,
    providers: PROVIDERS.map((provider) => ({ ...provider, configuration: () => configuration(isReady(provider)) })),
    env: { LOCAL_MODELS_URL: "http://127.0.0.1" },
    fetch: () => Promise.reject(new WaybillError("replay_offline", "A replay reaches no network.")),
    clock: systemClock,
    random: seededRandom(1),
  })
}

function configuration(isReady: boolean): ReturnType<Provider["configuration"]> {
  if (isReady) return { status: "ready" }
  return { status: "not_configured", missing: [], remedy: "Name it among the `providers` of the golden test." }
}

/** The providers that the recorded run could not ask for want of their keys. */
function foundWithoutKeys({ source }: Recording): ReadonlySet<string> {
  const lacking = new Set<string>()
  for (const event of eventsIn(source)) {
    if (event.type !== "operation.completed") continue
    for (const { provider, reason } of event.data.record.decision.candidates)
      if (reason === "not_configured") lacking.add(provider)
  }
  return lacking
}
