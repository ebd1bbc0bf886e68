/**
 * Serves one request of the OpenAI-compatible door: the same gateway, routing and redaction as a run's step, and a record of
 * it in the tenant's log before the answer is out. A caller who goes away ends the operation; what it cost until then is
 * on record.
 */
import { waitUntil } from "cloudflare:workers"
import { systemClock } from "../../lib/clock.ts"
import { type ErrorData, errorData } from "../../lib/errors.ts"
import { newId } from "../../lib/id.ts"
import { exactUsd } from "../../lib/money.ts"
import { systemRandom } from "../../lib/random.ts"
import type { OperationContext, OperationOptions } from "../../model/client.ts"
import type { Failure } from "../../model/failure.ts"
import type { Operation } from "../../model/operation.ts"
import type { OperationOutcome, OperationRecord } from "../../model/record.ts"
import type { OperationResult, ResultOf } from "../../model/result.ts"
import { blobsOf } from "../../objects/blobs.ts"
import type { LoggedOperation } from "../../objects/operation-log.ts"
import { reach } from "../../objects/remote.ts"
import type { Waybill } from "../../protocol/openai.ts"
import type { ApiContext } from "../resource.ts"
import { routeNamed } from "./model-name.ts"

export interface DoorRequest {
  readonly endpoint: LoggedOperation["endpoint"]
  /** The model as the caller wrote it. */
  readonly asked: string
  readonly user?: string
  readonly request: Request
}

export type Served<Type extends OperationResult["type"]> = About &
  (
    | { readonly status: "succeeded"; readonly result: ResultOf<Type> }
    | { readonly status: "failed"; readonly error: ErrorData; readonly failure: Failure }
  )

/** What an answer says about itself, whatever came of it. */
export interface About {
  readonly record: OperationRecord
  readonly waybill: Waybill
  readonly headers: Readonly<Record<string, string>>
}

/** One operation of the door, before it is served. */
export interface DoorCall {
  readonly id: string
  readonly door: DoorRequest
  readonly context: ApiContext
  readonly operationContext: OperationContext
}

/** Step kinds by which the routing chooses when the request names a model and no route. */
const KINDS = { generate: "generate", embed: "embed", moderate: "moderate", transcribe: "transcribe" } as const

/** Throws `model_not_found`. */
export async function doorCall(type: Operation["type"], door: DoorRequest, context: ApiContext): Promise<DoorCall> {
  const { live, providers } = context.deployment.gateway(context.env)
  await live.freshen()
  const id = newId("op", systemClock, systemRandom)
  const region = door.request.headers.get("x-waybill-region")
  const tags = door.request.headers.get("x-waybill-tags") ?? ""
  const { endpoint, user } = door
  const operationContext: OperationContext = {
    runId: id,
    workflow: "openai",
    step: { path: endpoint, name: endpoint, kind: KINDS[type], failures: 0, attempt: 1 },
    tenant: context.tenant,
    tags: tags.split(",").flatMap((tag) => tag.trim() || []),
    route: routeNamed(door.asked, live.current, providers),
    ...(user === undefined ? {} : { user: { id: user } }),
    ...(region ? { region } : {}),
  }
  return { id, door, context, operationContext }
}

/** Serves `operation`. Rejects only when `signal` aborts or for a fault of our own. */
export function serve<Asked extends Operation>(
  operation: Asked,
  call: DoorCall,
  options: Pick<OperationOptions, "signal"> & Partial<OperationOptions>,
): Promise<Served<Asked["type"]>> {
  const work = operate(operation, call, options)
  // The record is kept also when the caller does not wait for the answer.
  waitUntil(work.catch(() => {}))
  return work
}

async function operate<Asked extends Operation>(
  operation: Asked,
  call: DoorCall,
  options: Pick<OperationOptions, "signal"> & Partial<OperationOptions>,
): Promise<Served<Asked["type"]>> {
  const { env, deployment } = call.context
  const blobs = blobsOf(env)
  let reached: OperationRecord | undefined
  let outcome: OperationOutcome
  try {
    outcome = await deployment.gateway(env).operate(operation, call.operationContext, {
      loadMedia: (ref) => blobs.get(ref),
      onReject: (record) => {
        reached = record
      },
      ...options,
    })
  } catch (thrown) {
    if (reached) await log(call, { status: options.signal.aborted ? "cancelled" : "failed", record: reached })
    throw thrown
  }
  const { record, status } = outcome
  await log(call, { status, record, ...("error" in outcome ? { error: outcome.error } : {}) })
  const about = aboutOf(call.id, record)
  if (outcome.status === "failed") return { ...about, status: "failed", error: outcome.error, failure: outcome.failure }
  // An operation is answered by a result of its own type.
  return { ...about, status: "succeeded", result: outcome.result as ResultOf<Asked["type"]> }
}

/** Nobody loses an answer that was paid for because it could not be noted. */
async function log({ id, door, context }: DoorCall, end: Pick<LoggedOperation, "status" | "record" | "error">) {
  const { endpoint, asked, user } = door
  try {
    const entry = { id, endpoint, asked, ...(user === undefined ? {} : { user }), ...end }
    await reach(context.env.TENANTS, context.tenant.id).logOperation(entry)
  } catch (thrown) {
    console.error(`Operation ${id} could not be logged: ${errorData(thrown).message}`)
  }
}

function aboutOf(id: string, record: OperationRecord): About {
  const served = record.decision.candidates.find(({ verdict }) => verdict === "served")
  const model = served && `${served.provider}/${served.model}`
  const cost = exactUsd(record.costNanoUsd)
  const waybill: Waybill = {
    operation: id,
    decision: record.decision.reason,
    ...(model === undefined ? {} : { model }),
    cost_usd: cost,
  }
  const headers = {
    "x-waybill-operation": id,
    "x-waybill-decision": headerText(record.decision.reason),
    ...(model === undefined ? {} : { "x-waybill-model": headerText(model) }),
    "x-waybill-cost-usd": cost,
  }
  return { record, waybill, headers }
}

const MAX_HEADER_LENGTH = 500

/** `text` as a header can hold it. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_HEADER_LENGTH)
}
