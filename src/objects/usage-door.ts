/** What a tenant's object can be told and asked about operations that no run asked for, and about usage in all. */
import { usageOfOperation } from "../ledger/usage.ts"
import type { LoggedOperation, OperationFilter, OperationLog, OperationLogRpc, OperationPage } from "./operation-log.ts"
import type { UsageBook, UsageQuery, UsageReport } from "./usage-book.ts"

/** Part of `rpc.ts`. */
export interface UsageRpc extends OperationLogRpc {
  usage(query: UsageQuery): Promise<UsageReport>
}

export interface UsageDoorHost {
  readonly operations: OperationLog
  readonly book: UsageBook
  readonly nowMs: () => number
  /** The object is ready to be asked. */
  readonly ready: () => Promise<void>
}

export class UsageDoor implements UsageRpc {
  readonly #host: UsageDoorHost

  constructor(host: UsageDoorHost) {
    this.#host = host
  }

  async logOperation(operation: LoggedOperation): Promise<void> {
    const { operations, book, nowMs, ready } = this.#host
    await ready()
    const { record, endpoint: step, user, status } = operation
    const rows = usageOfOperation(record, {
      step,
      ...(user === undefined ? {} : { user }),
      failed: status !== "succeeded",
    })
    operations.add(operation, nowMs(), () => book.add(rows))
  }

  async operations(filter: OperationFilter): Promise<OperationPage> {
    await this.#host.ready()
    return this.#host.operations.list(filter)
  }

  async operation(id: string): Promise<LoggedOperation> {
    await this.#host.ready()
    return this.#host.operations.get(id)
  }

  async usage(query: UsageQuery): Promise<UsageReport> {
    await this.#host.ready()
    return this.#host.book.report(query)
  }
}
