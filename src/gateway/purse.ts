/**
 * The seam of money: before an attempt its worst case is reserved, afterwards what it cost is settled or, when nothing was
 * used, released. Who keeps the books is behind this interface; the attempt loop only obeys it.
 */
import type { Clock } from "../lib/clock.ts"
import type { OperationContext } from "../model/client.ts"
import type { Failure } from "../model/failure.ts"

export interface ReserveRequest {
  readonly context: OperationContext
  /** `"<provider>/<model>"`. */
  readonly model: string
  /** The most that the attempt can cost; absent when the model has no known price. */
  readonly worstNanoUsd?: number
  readonly inputTokens: number
}

export type Grant =
  | {
      readonly status: "granted"
      /** What the attempt cost in fact. Call this or `release`, once. */
      settle(costNanoUsd: number): void
      /** The attempt cost nothing. */
      release(): void
    }
  | {
      readonly status: "refused"
      /** `policy.budget` or `policy.rate`, naming the bucket. */
      readonly failure: Failure
      /** The model, `"<provider>/<model>"`, that may be used instead. Absent: the operation is refused. */
      readonly use?: string
    }

export interface Purse {
  reserve(request: ReserveRequest): Promise<Grant>
}

export interface Booking {
  readonly atMs: number
  readonly tenant: string
  readonly model: string
  readonly reservedNanoUsd: number
  readonly costNanoUsd: number
}

/** Grants everything and hands each settled booking to `book`. */
export function openPurse(clock: Clock, book: (booking: Booking) => void = () => {}): Purse {
  return {
    async reserve({ context, model, worstNanoUsd = 0 }) {
      const settle = (costNanoUsd: number) =>
        book({ atMs: clock.nowMs(), tenant: context.tenant.id, model, reservedNanoUsd: worstNanoUsd, costNanoUsd })
      return { status: "granted", settle, release: () => {} }
    },
  }
}
