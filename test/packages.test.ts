/** The installed packages fit together: one Workers runtime, and a lock file that serves every platform. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import * as z from "zod"

const Package = z.object({
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
})
const Lock = z.object({ packages: z.record(z.string(), Package.partial({ version: true })) })

const ROOT = join(import.meta.dirname, "..")
const locked = Lock.parse(readJson("package-lock.json")).packages

it("the tests, the dev server and the types are of one Workers runtime", () => {
  const plugin = installed("@cloudflare/vitest-plugin").dependencies
  expect([plugin.wrangler, plugin.miniflare]).toEqual([installed("wrangler").version, installed("miniflare").version])
  const runtime = installed("workerd").version
  expect([installed("wrangler").dependencies.workerd, installed("miniflare").dependencies.workerd]).toEqual([
    runtime,
    runtime,
  ])
})

it("the lock file holds each package once where copies would differ", () => {
  for (const name of ["wrangler", "miniflare", "workerd", "vite", "vitest"]) {
    const versions = new Set(
      Object.entries(locked).flatMap(([path, entry]) => (path.endsWith(`node_modules/${name}`) ? entry.version : [])),
    )
    expect([name, ...versions]).toHaveLength(2)
  }
})

it("the lock file lists the optional packages of every platform", () => {
  const missing = Object.entries(locked).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in locked) && !(`${path}/node_modules/${name}` in locked),
    ),
  )
  expect(missing).toEqual([])
})

it("the scripts run on the Node that the repository brings", () => {
  expect(process.versions.node).toBe(installed("node").version)
})

function installed(name: string): z.infer<typeof Package> {
  return Package.parse(readJson(`node_modules/${name}/package.json`))
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"))
}
