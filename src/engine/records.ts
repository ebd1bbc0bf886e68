/** How operations go into the log and come back: whole when small, their large parts in the blob store when not. */
import { isBlobRef } from "../lib/blob-ref.ts"
import { errorFrom } from "../lib/errors.ts"
import type { Operation } from "../model/operation.ts"
import type { OperationOutcome } from "../model/record.ts"
import type { OperationResult } from "../model/result.ts"
import type { EventData } from "../run/event.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalizeWhole } from "../store/values.ts"
import type { Session } from "./session.ts"

type OperationData = EventData["operation.completed"]

export async function storeRecord(
  session: Session,
  index: number,
  request: Operation | undefined,
  outcome: OperationOutcome,
): Promise<OperationData> {
  const { blobs } = session
  return {
    index,
    record: outcome.record,
    ...(request ? { request: await externalizeWhole(request, blobs) } : {}),
    ...(outcome.status === "succeeded"
      ? { response: await externalizeWhole(outcome.result, blobs) }
      : { error: outcome.error }),
  }
}

/** The result that the session's log holds, or its error thrown. */
export async function restoreRecord(session: Session, seq: number): Promise<OperationResult> {
  return resultOf(session.log.event(seq, "operation.completed").data, session.blobs)
}

/** The result of an operation that was logged, or its error thrown. */
export async function resultOf(
  { response, error }: OperationData,
  blobs: Pick<BlobStore, "get">,
): Promise<OperationResult> {
  if (error || !response) throw errorFrom(error ?? { code: "internal", message: "The operation has no response." })
  return isBlobRef(response) ? JSON.parse(new TextDecoder().decode(await blobs.get(response))) : response
}
