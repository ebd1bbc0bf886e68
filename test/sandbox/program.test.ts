/** The sandbox as a program, and what outlives it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it, onTestFinished } from "vitest"
import { startSandbox } from "../../workflows/support-refund/sandbox/server.ts"
import { clientOf, newDatabaseFile, openSandbox, REFUND, TICKET } from "./client.ts"

const MAIN = "workflows/support-refund/sandbox/main.ts"

function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const stderr: string[] = []
  child.stderr.on("data", (chunk) => stderr.push(String(chunk)))
  return { child, firstLine: async () => String((await lines.next()).value), stderr: () => stderr.join("") }
}

async function serve(db: string) {
  const { child, firstLine } = run("--port", "0", "--db", db)
  const ready = /^\{"ready":true,"port":(\d+)\}$/.exec(await firstLine())
  return { child, ...clientOf(`http://127.0.0.1:${ready?.[1]}`) }
}

describe("a restart", () => {
  it("[SANDBOX8] after SIGKILL keeps refunds, keys and the call book", { timeout: 30_000 }, async () => {
    const file = newDatabaseFile()
    const one = await serve(file)
    const refund = await one.post("/v1/refunds", REFUND, "key-1")
    expect(refund).toMatchObject({ status: 200, replayed: null })
    one.child.kill("SIGKILL")
    await once(one.child, "exit")

    const two = await serve(file)
    expect(await two.post("/v1/refunds", REFUND, "key-1")).toEqual({ ...refund, replayed: "true" })
    expect((await two.get("/v1/refunds")).body).toMatchObject({ data: [refund.body] })
    expect((await two.get("/_calls?endpoint=POST%20/v1/refunds")).body).toMatchObject({
      calls: [{ key: "key-1", calls: 2, executed: 1, replayed: 1 }],
    })
    two.child.kill("SIGTERM")
    expect(await once(two.child, "exit")).toEqual([0, null])
  })

  it("[SANDBOX8] keeps a refusal under its key, and the numbers of new tickets go on", async () => {
    const file = newDatabaseFile()
    const one = await openSandbox({ db: file })
    await one.post("/v1/refunds", REFUND)
    const refused = await one.post("/v1/refunds", REFUND, "key-1")
    expect(refused).toMatchObject({ status: 422 })
    expect((await one.post("/v1/tickets", TICKET)).body).toMatchObject({ id: "tkt_30001" })
    await one.close()
    const two = await openSandbox({ db: file })
    expect(await two.post("/v1/refunds", REFUND, "key-1")).toEqual({ ...refused, replayed: "true" })
    expect((await two.post("/v1/tickets", TICKET)).body).toMatchObject({ id: "tkt_30002" })
  })
})

describe("a reset", () => {
  it("[SANDBOX9] brings back the first day: no refunds, tickets, keys, calls or faults", async () => {
    const { get, post } = await openSandbox()
    const firstDay = await get("/v1/customers/cus_58294/charges")
    const refund = await post("/v1/refunds", REFUND, "key-1")
    await post("/v1/tickets", TICKET)
    await post("/_faults", { endpoint: "POST /v1/refunds", mode: "error" })
    expect(await post("/_reset", {})).toMatchObject({ status: 200 })
    expect((await get("/_calls")).body).toEqual({ calls: [] })
    expect(await get("/v1/customers/cus_58294/charges")).toEqual(firstDay)
    expect((await get("/v1/tickets")).body).toMatchObject({ data: [] })
    const again = await post("/v1/refunds", { ...REFUND, amountCents: 100 }, "key-1")
    expect(again).toMatchObject({ status: 200, replayed: null })
    expect(refund.body).toMatchObject({ id: "re_10001" })
    expect(again.body).toMatchObject({ id: "re_10001" })
  })
})

describe("a bad start", () => {
  it("says that the port is taken, or is no port, or that the option is unknown", { timeout: 30_000 }, async () => {
    const first = await startSandbox({ port: 0, db: ":memory:" })
    onTestFinished(() => first.close())
    const starts: [args: string[], says: RegExp][] = [
      [["--port", String(first.port)], new RegExp(`Port ${first.port} is taken`)],
      [["--port", "99999"], /--port is '99999', not a port number/],
      [["--prot", "1"], /Unknown option '--prot'/],
    ]
    for (const [args, says] of starts) {
      const { child, stderr } = run(...args)
      expect(await once(child, "close")).toEqual([1, null])
      expect(stderr()).toMatch(says)
      expect(stderr()).toContain("usage: ")
    }
  })

  it("refuses a database of another schema or a file that is none, and leaves it alone", async () => {
    const foreign = newDatabaseFile()
    const db = new DatabaseSync(foreign)
    db.exec("PRAGMA user_version = 7")
    db.close()
    const text = newDatabaseFile()
    writeFileSync(text, "no database, but a text that is long enough to be read as one".repeat(20))
    const refused: [file: string, says: RegExp][] = [
      [foreign, /holds sandbox schema 7.*delete the file/],
      [text, /not a database/],
    ]
    for (const [file, says] of refused) {
      const before = readFileSync(file)
      await expect(startSandbox({ port: 0, db: file })).rejects.toThrow(says)
      expect(readFileSync(file)).toEqual(before)
    }
  })
})
