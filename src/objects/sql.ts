/** `Sql` over the storage of a Durable Object. */
import type { Sql } from "../store/sql.ts"

/** The object's own SQLite. The platform prepares statements once by their text and nests transactions by itself. */
export function durableSql(storage: DurableObjectStorage): Sql {
  return {
    exec: (query, ...params) => storage.sql.exec(query, ...params).toArray(),
    transaction: (work) => storage.transactionSync(work),
  }
}
