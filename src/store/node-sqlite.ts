/** `Sql` over Node's own SQLite: what tests, benches and the command line use where a Durable Object has its storage. */
import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { Sql } from "./sql.ts"

/** Opens (or makes) the database in the file `path`; the default lives in memory and goes with the object. */
export function openNodeSqlite(path = ":memory:"): Sql & { close(): void } {
  const database = new DatabaseSync(path)
  const statements = new Map<string, StatementSync>()
  let depth = 0

  return {
    exec(query, ...params) {
      let statement = statements.get(query)
      if (!statement) {
        statement = database.prepare(query)
        statements.set(query, statement)
      }
      return statement.all(...params)
    },
    transaction(work) {
      // Savepoints nest, transactions do not; the outermost savepoint is a transaction.
      const name = `waybill_${depth}`
      database.exec(`SAVEPOINT ${name}`)
      depth += 1
      try {
        const result = work()
        database.exec(`RELEASE ${name}`)
        return result
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}`)
        database.exec(`RELEASE ${name}`)
        throw error
      } finally {
        depth -= 1
      }
    },
    close: () => database.close(),
  }
}
