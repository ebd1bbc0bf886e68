/** Does what bulk forks decided: asks what a run's fork would cost, makes the fork, and cancels it when that is asked. */

import type { Clock } from "../lib/clock.ts"
import { ERROR_CODES } from "../lib/error-codes.ts"
import { errorData } from "../lib/errors.ts"
import { hasEnded } from "../protocol/summary.ts"
import type { StepCosts } from "../replay/fork-forecast.ts"
import type { BulkFork, BulkForks } from "./bulk-forks.ts"
import type { Item } from "./bulk-items.ts"
import { bulkRequest, bulkTag, sampleCosts, sampleFilter } from "./bulk-request.ts"
import type { Reached } from "./remote.ts"
import type { RunObjectRpc } from "./rpc.ts"
import type { RunIndex } from "./run-index.ts"
import type { Task } from "./tenant-work.ts"

export interface BulkWorkHost {
  readonly forks: BulkForks
  readonly index: RunIndex
  readonly clock: Clock
  readonly run: (runId: string) => Reached<RunObjectRpc>
}

export class BulkWork {
  readonly #host: BulkWorkHost
  /** By bulk fork: read when its first run is planned. */
  readonly #samples = new Map<string, Promise<readonly StepCosts[]>>()

  constructor(host: BulkWorkHost) {
    this.#host = host
  }

  /** What was decided and is not known to be done. */
  get tasks(): readonly Task[] {
    return this.#host.forks.open.flatMap((fork) =>
      this.#host.forks.items.underWay(fork.id).flatMap((item) => this.#taskOf(fork, item)),
    )
  }

  #taskOf(fork: BulkFork, item: Item): Task[] {
    const task = (act: () => Promise<void>): Task[] => [
      { key: `${item.forkId} ${item.state}`, act: () => this.#settled(fork, item, act) },
    ]
    if (item.state === "asked") return task(() => this.#plan(fork, item))
    if (item.state === "started") return task(() => this.#fork(fork, item))
    const isLeft = item.state === "told" && fork.cancelsForks === true && !this.#hasEnded(item.forkId)
    return isLeft ? task(() => this.#cancel(fork, item)) : []
  }

  async #plan(fork: BulkFork, item: Item): Promise<void> {
    const { forks, run } = this.#host
    const request = this.#requestOf(fork, item)
    const { at, lowNanoUsd, highNanoUsd } = await run(item.runId).forecast(request, await this.#samplesOf(fork))
    forks.planned(fork.id, item.place, { at, lowNanoUsd, highNanoUsd })
  }

  async #fork(fork: BulkFork, item: Item): Promise<void> {
    const { forks, index, run } = this.#host
    // Made before a crash: what it was made of may be refused by now.
    if (index.get(item.forkId)) return forks.told(fork.id, item.place)
    const order = await run(item.runId).order(this.#requestOf(fork, item))
    await run(item.forkId).derive(order)
    forks.told(fork.id, item.place)
  }

  async #cancel({ id }: BulkFork, { forkId }: Item): Promise<void> {
    await this.#host.run(forkId).command({ type: "cancel", reason: `The bulk fork ${id} was cancelled.` })
  }

  /** What cannot be done, now or later, is refused; what only did not get through is tried again. */
  async #settled(fork: BulkFork, item: Item, act: () => Promise<void>): Promise<void> {
    const { forks, clock } = this.#host
    try {
      await act()
    } catch (thrown) {
      const error = errorData(thrown)
      if (!ERROR_CODES[error.code].retryable) forks.refused(fork.id, item.place, error)
    }
    forks.advance(clock.nowMs())
  }

  #requestOf({ id, change }: BulkFork, { runId, forkId }: Item) {
    return bulkRequest(change, this.#host.index.get(runId) ?? { runId }, forkId, [bulkTag(id)])
  }

  #samplesOf({ id, criteria: { workflow = "" } }: BulkFork): Promise<readonly StepCosts[]> {
    const { index, run } = this.#host
    const known = this.#samples.get(id) ?? sampleCosts(index.list(sampleFilter(workflow)).runs, run)
    this.#samples.set(id, known)
    return known
  }

  #hasEnded(forkId: string): boolean {
    const fork = this.#host.index.get(forkId)
    return fork !== undefined && hasEnded(fork)
  }
}
