/** Counterfactuals as a run's object makes them: over the deployment's models, each on record with the run's tenant. */

import { nodeAt } from "../engine/locate.ts"
import type { Recording } from "../engine/recording.ts"
import type { Workflow } from "../graph/workflow.ts"
import { systemClock } from "../lib/clock.ts"
import { newId } from "../lib/id.ts"
import { systemRandom } from "../lib/random.ts"
import type { ModelClient } from "../model/client.ts"
import type { OperationOutcome } from "../model/record.ts"
import { type Counterfactual, type CounterfactualRequest, counterfactual } from "../replay/counterfactual.ts"
import { kindsByName } from "../steps/index.ts"
import { blobsOf } from "./blobs.ts"
import type { Env } from "./environment.ts"
import { reach } from "./remote.ts"

/** All models together may take so long: whoever asks waits for the answer. */
const LIMIT_MS = 120_000

interface AskHost {
  readonly recording: Recording
  readonly workflow: Workflow
  readonly env: Env
  readonly models: ModelClient
}

export async function askOthers(
  { recording, workflow, env, models }: AskHost,
  request: CounterfactualRequest,
): Promise<Counterfactual> {
  const blobs = blobsOf(env)
  const { tenant, user } = recording.header
  const onOutcome = async (asked: string, { record, ...outcome }: OperationOutcome): Promise<void> => {
    await reach(env.TENANTS, tenant.id).logOperation({
      id: newId("op", systemClock, systemRandom),
      endpoint: "counterfactual",
      asked,
      status: outcome.status,
      ...(user ? { user: user.id } : {}),
      ...(outcome.status === "failed" ? { error: outcome.error } : {}),
      record,
    })
  }
  const host = {
    side: { recording, blobs },
    models,
    kindName: (path: string) => routedAs(recording, workflow, path),
    loadMedia: (ref: Parameters<typeof blobs.get>[0]) => blobs.get(ref),
    signal: AbortSignal.timeout(LIMIT_MS),
    onOutcome,
  }
  return counterfactual(host, request)
}

/** Name and kind of the step, for routing rules that look at them; the turns of an agent are asked as the agent. */
function routedAs(
  recording: Recording,
  { scope }: Workflow,
  path: string,
): { readonly name: string; readonly kind: string } {
  const node = nodeAt(scope, path, kindsByName) ?? nodeAt(scope, path.replace(/\[\d+\]\.[^.[]+$/, ""), kindsByName)
  if (node) return node.routeAs ?? node
  return { name: path, kind: recording.steps.get(path)?.kind ?? "" }
}
