/** Sockets of a run whose object leaves memory: they stay open, and hear what happens later, whoever makes it happen. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test"
import { afterEach, expect, it } from "vitest"
import { post, start } from "./support/client.ts"
import { runStub, until } from "./support/objects.ts"
import { openSocket } from "./support/socket.ts"
import { pass, realTime } from "./support/time.ts"

afterEach(realTime)

it("[LIVE7] a subscribed socket hears what people and alarms do to a run that had left memory, each event once", async () => {
  const id = await start("live-waiting", { name: "sleeper" })
  await until(id, "waiting")
  const socket = await openSocket(id, "?after=0")
  const idle = await openSocket(id)
  const leave = () => evictDurableObject(runStub(id), { webSockets: "hibernate" })
  await leave()
  await post(`/v1/runs/${id}/approvals/boss`, { approved: true })
  await until(id, "waiting")
  await leave()
  pass(30 * 86_400_000)
  await runDurableObjectAlarm(runStub(id))
  await until(id, "waiting")
  await leave()
  await post(`/v1/runs/${id}/signals/letter`, { payload: "hello" })
  const { seq, output } = await until(id, "succeeded")
  const seqs: number[] = []
  while (seqs.at(-1) !== seq) {
    const { event } = (await socket.nextOf("event")) as unknown as { event: { seq: number } }
    seqs.push(event.seq)
  }
  expect(seqs).toEqual(Array.from({ length: Number(seq) }, (_, index) => index + 1))
  // One that subscribed to nothing was told nothing, and is there as well.
  idle.send({ type: "subscribe", id: "late", after: Number(seq) })
  expect(await idle.next()).toMatchObject({ type: "state", run: { status: "succeeded", seq } })
  expect(output).toMatchObject({ payload: "hello" })
  socket.close()
  idle.close()
})
