/** The objects behind the doors, for tests that kill them, wake them and look at what they have planned. */
import { runInDurableObject } from "cloudflare:test"
import { env } from "cloudflare:workers"
import { expect } from "vitest"
import type { RunShell } from "../../../src/objects/run-object.ts"
import type { TenantObject } from "../../../src/objects/tenant-object.ts"
import { get, type Reply } from "./client.ts"

export function runStub(id: string): DurableObjectStub<RunShell> {
  return (env.RUNS as DurableObjectNamespace<RunShell>).getByName(id)
}

export function tenantStub(id = "default"): DurableObjectStub<TenantObject> {
  return (env.TENANTS as unknown as DurableObjectNamespace<TenantObject>).getByName(id)
}

/** What an object is to be woken for, in the order of time. */
export function jobsOf(
  object: DurableObjectStub<RunShell> | DurableObjectStub<TenantObject>,
): Promise<readonly { readonly id: string; readonly time: number }[]> {
  return runInDurableObject(object as DurableObjectStub<TenantObject>, ({ lifecycle }) =>
    lifecycle.jobs.list().map(({ id, time }) => ({ id, time })),
  )
}

/** The run as soon as it is `status`. It is only looked at: a stream of its events would keep its object in memory. */
export async function until(id: string, status: string): Promise<Reply["body"]> {
  const read = async () => (await get(`/v1/runs/${id}`)).body
  await expect.poll(read, { interval: 10, timeout: 10_000 }).toMatchObject({ status })
  return read()
}
