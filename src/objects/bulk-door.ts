/** What a tenant's object can be asked about bulk forks. */
import { WaybillError } from "../lib/errors.ts"
import { MAX_BULK_RUNS } from "../lib/limits.ts"
import type { BulkForkDetail, BulkForkList, BulkForkView } from "../protocol/bulk-fork.ts"
import type { BulkForks, BulkOrder } from "./bulk-forks.ts"
import { bulkForkView, bulkItemView } from "./bulk-views.ts"
import type { IdempotencyKeys, KeyedRequest } from "./idempotency-keys.ts"
import type { RunCriteria, RunIndex } from "./run-index.ts"

/** Part of `rpc.ts`. */
export interface BulkForkRpc {
  /** How many runs fit. Throws `limit_exceeded` when a bulk fork could not take them. */
  countRuns(criteria: RunCriteria): Promise<number>
  /** Makes a bulk fork and sets it going, once for a key. Throws `limit_exceeded`, `idempotency_conflict`. */
  startBulkFork(
    order: BulkOrder,
    keyed?: KeyedRequest,
  ): Promise<{ readonly view: BulkForkView; readonly replayed: boolean }>
  /** Newest first. */
  bulkForks(limit: number, cursor?: string): Promise<BulkForkList>
  /** With `limit` of its items, from the `offset`th on. Throws `bulk_fork_not_found`, as the next does. */
  bulkFork(id: string, offset: number, limit: number): Promise<BulkForkDetail>
  /** Starts no more forks; `forks`: cancels those under way too. */
  cancelBulkFork(id: string, forks: boolean): Promise<BulkForkView>
}

export interface BulkDoorHost {
  readonly forks: BulkForks
  readonly index: RunIndex
  readonly keys: IdempotencyKeys
  readonly nowMs: () => number
  /** The object is ready to be asked. */
  readonly ready: () => Promise<void>
  /** Sees to it that what was decided is done. */
  readonly settle: () => Promise<void>
}

export class BulkDoor implements BulkForkRpc {
  readonly #host: BulkDoorHost

  constructor(host: BulkDoorHost) {
    this.#host = host
  }

  async countRuns(criteria: RunCriteria): Promise<number> {
    await this.#host.ready()
    return this.#matching(criteria).length
  }

  async startBulkFork(order: BulkOrder, keyed?: KeyedRequest) {
    const { forks, keys, ready, settle, nowMs } = this.#host
    await ready()
    const earlier = keyed && keys.claimedBy(keyed, nowMs())
    if (earlier !== undefined) return { view: this.#view(earlier), replayed: true }
    forks.create(order, this.#matching(order.criteria))
    if (keyed) keys.claim({ ...keyed, runId: order.id }, nowMs())
    forks.advance(nowMs())
    await settle()
    return { view: this.#view(order.id), replayed: false }
  }

  async bulkForks(limit: number, cursor?: string): Promise<BulkForkList> {
    const { forks, index, ready } = this.#host
    await ready()
    const found = forks.list(limit + 1, cursor)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return {
      bulkForks: page.map((fork) => bulkForkView(fork, forks, index)),
      ...(found.length > limit && last ? { nextCursor: last.id } : {}),
    }
  }

  async bulkFork(id: string, offset: number, limit: number): Promise<BulkForkDetail> {
    const { forks, index, ready } = this.#host
    await ready()
    const view = this.#view(id)
    const items = forks.items.page(id, offset, limit).map((item) => bulkItemView(item, index.get(item.forkId)))
    const next = offset + items.length
    return { ...view, items, ...(next < view.matched && items.length > 0 ? { nextCursor: String(next) } : {}) }
  }

  async cancelBulkFork(id: string, cancelsForks: boolean): Promise<BulkForkView> {
    const { forks, ready, settle, nowMs } = this.#host
    await ready()
    forks.cancel(id, cancelsForks, nowMs())
    await settle()
    return this.#view(id)
  }

  #view(id: string): BulkForkView {
    const { forks, index } = this.#host
    return bulkForkView(forks.get(id), forks, index)
  }

  #matching(criteria: RunCriteria): readonly string[] {
    const runIds = this.#host.index.idsOf(criteria, MAX_BULK_RUNS + 1)
    if (runIds.length <= MAX_BULK_RUNS) return runIds
    const message = `filter: found more than ${MAX_BULK_RUNS} runs that fit; narrow it, by time for example.`
    throw new WaybillError("limit_exceeded", message, { path: "body.filter", limit: MAX_BULK_RUNS })
  }
}
