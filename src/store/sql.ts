/**
 * The little of SQLite that the stores need, so that one store runs on `node:sqlite` and inside a Durable Object.
 * Synchronous, because a transaction must not be left open across an `await`.
 */

/** One row, by column name. Values are checked by whoever reads them. */
export type SqlRow = Readonly<Record<string, unknown>>

export interface Sql {
  /** Runs one statement with its `?` parameters and returns its rows. Statements with the same text are prepared once. */
  exec(query: string, ...params: (string | number | null)[]): readonly SqlRow[]
  /** Runs `work` as a whole or, when it throws, not at all. May be nested. */
  transaction<Result>(work: () => Result): Result
}
