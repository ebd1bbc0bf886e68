/** Bundles of the Worker of the redeployment tests, and the service at which its tools book. */
import { spawnSync } from "node:child_process"
import { renameSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"

/** The code as of `revision`, bundled as for a deployment into a folder of `parent`. */
export function bundleOf(parent: string, revision: string): string {
  const folder = resolve(parent, revision)
  const wrangler = resolve("node_modules/wrangler/bin/wrangler.js")
  const entry = "test/system/support/redeployed-worker.ts"
  const how = ["--dry-run", "--outdir", folder, "--config", "wrangler.toml", "--define", `REVISION:"${revision}"`]
  const env = { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" }
  const built = spawnSync(process.execPath, [wrangler, "deploy", entry, ...how], { encoding: "utf8", env })
  if (built.status !== 0) throw new Error(`The Worker could not be bundled.\n${built.stdout}${built.stderr}`)
  renameSync(resolve(folder, "redeployed-worker.js"), resolve(folder, "index.js"))
  return folder
}

/** Counts what is booked, and takes its time; of what is called `none-left` there is nothing. */
export async function startCounter(delayMs: number) {
  const calls: { readonly what: string; readonly key: string }[] = []
  const server = createServer((request, response) => {
    const what = request.url?.slice(1) ?? ""
    calls.push({ what, key: String(request.headers.key) })
    setTimeout(() => response.writeHead(what === "none-left" ? 409 : 200).end(what), delayMs)
  })
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const count = (what: string) => calls.filter((call) => call.what === what).length
  const keys = (what: string) => new Set(calls.filter((call) => call.what === what).map(({ key }) => key)).size
  return { url, count, keys, forget: () => calls.splice(0), close: () => server.close() }
}
