/**
 * The sandbox's SQLite file: its tables, its first contents and its transactions. All calls are synchronous and one
 * process owns the file, so a transaction is atomic against every other request.
 */
import { DatabaseSync } from "node:sqlite"
import { type SeedCustomer, seedCustomers } from "./seed.ts"

const SCHEMA_VERSION = 2

const SCHEMA = `
  CREATE TABLE customer (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE, product TEXT NOT NULL,
    created_at TEXT NOT NULL) STRICT;
  CREATE TABLE subscription (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL UNIQUE REFERENCES customer, plan TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, currency TEXT NOT NULL, period_start TEXT NOT NULL, period_end TEXT NOT NULL) STRICT;
  CREATE TABLE usage (customer_id TEXT NOT NULL REFERENCES customer, metric TEXT NOT NULL, used INTEGER NOT NULL,
    quota INTEGER, PRIMARY KEY (customer_id, metric)) STRICT;
  CREATE TABLE charge (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customer, amount_cents INTEGER NOT NULL,
    currency TEXT NOT NULL, description TEXT NOT NULL, payment_method TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
  CREATE TABLE refund (number INTEGER PRIMARY KEY AUTOINCREMENT, charge_id TEXT NOT NULL REFERENCES charge,
    amount_cents INTEGER NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
  CREATE TABLE ticket (number INTEGER PRIMARY KEY AUTOINCREMENT, customer_id TEXT REFERENCES customer,
    subject TEXT NOT NULL, body TEXT NOT NULL, priority TEXT NOT NULL, created_at TEXT NOT NULL) STRICT;
  CREATE TABLE idempotency (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE call (number INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, key TEXT,
    outcome TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};`

/** Opens `file` (or ":memory:"), creating and seeding it when it is new. Throws, changing nothing, when it is not a sandbox's. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  try {
    const version = db.prepare("PRAGMA user_version").get()?.user_version
    if (version !== 0 && version !== SCHEMA_VERSION)
      throw new Error(
        `${file} holds sandbox schema ${version}, this sandbox writes ${SCHEMA_VERSION}: delete the file.`,
      )
    // A kill of the process loses nothing in this mode; only a power cut could, and the sandbox need not survive that.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
    if (version === 0) create(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Back to the seed data: refunds, tickets, idempotency keys and call counts are forgotten. */
export function resetDatabase(db: DatabaseSync): void {
  transaction(db, () => {
    for (const table of ["call", "idempotency", "ticket", "refund", "charge", "usage", "subscription", "customer"])
      db.exec(`DELETE FROM ${table}`)
    db.exec("DELETE FROM sqlite_sequence")
    for (const customer of seedCustomers) insertCustomer(db, customer)
  })
}

/** Runs `body` in one write transaction; what it throws rolls everything back. */
export function transaction<Result>(db: DatabaseSync, body: () => Result): Result {
  db.exec("BEGIN IMMEDIATE")
  try {
    const result = body()
    db.exec("COMMIT")
    return result
  } catch (error) {
    db.exec("ROLLBACK")
    throw error
  }
}

function create(db: DatabaseSync): void {
  transaction(db, () => {
    db.exec(SCHEMA)
    for (const customer of seedCustomers) insertCustomer(db, customer)
  })
}

function insertCustomer(db: DatabaseSync, customer: SeedCustomer): void {
  const { id, subscription } = customer
  db.prepare("INSERT INTO customer VALUES (?, ?, ?, ?, ?)").run(
    id,
    customer.name,
    customer.email,
    customer.product,
    customer.createdAt,
  )
  db.prepare("INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?)").run(
    subscription.id,
    id,
    subscription.plan,
    subscription.amountCents,
    subscription.currency,
    ...subscription.period,
  )
  const usage = db.prepare("INSERT INTO usage VALUES (?, ?, ?, ?)")
  for (const [metric, [used, quota]] of Object.entries(customer.usage)) usage.run(id, metric, used, quota)
  const charge = db.prepare("INSERT INTO charge VALUES (?, ?, ?, ?, ?, ?, ?)")
  for (const [chargeId, createdAt, cents, description] of customer.charges)
    charge.run(chargeId, id, cents, subscription.currency, description, customer.paymentMethod, createdAt)
}
