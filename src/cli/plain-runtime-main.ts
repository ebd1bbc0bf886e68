/**
 * Serves a Worker on the plain runtime: workerd through Miniflare, without wrangler's development proxy in front. About half
 * of the time of a request to `wrangler dev` is that proxy; whoever hosts Waybill alone, and whoever measures it, wants this.
 *
 *   node plain-runtime-main.ts --port 8787 --state FOLDER [--config wrangler.toml] [--bundle FOLDER] [--var NAME:value …]
 *
 * The Worker is bundled by wrangler, as for a deployment, unless `--bundle` names a folder that holds a bundle already;
 * bindings are those of the configuration's default environment.
 */
import { spawnSync } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { convertV4MiniflareOptions, Miniflare } from "miniflare"
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler"
import { LOOPBACK } from "./port.ts"

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    state: { type: "string", default: ".waybill/worker" },
    config: { type: "string", default: "wrangler.toml" },
    bundle: { type: "string" },
    var: { type: "string", multiple: true, default: [] },
  },
})

await serve()

async function serve(): Promise<void> {
  const state = resolve(values.state)
  const bundle = resolve(values.bundle ?? join(state, "bundle"))
  if (!values.bundle || !existsSync(join(bundle, "index.js"))) build(bundle)
  const { workerOptions } = workerOptionsOf(resolve(values.config))
  // The launcher starts us with nothing in the environment that the Worker may not see.
  const settings = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const variables = Object.fromEntries(values.var.map(splitVariable))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: LOOPBACK,
      port: Number(values.port),
      cf: false,
      resourcePersistencePath: state,
      workers: [
        {
          ...workerOptions,
          name: "waybill",
          rootPath: bundle,
          modulesRoot: bundle,
          modules: modulesOf(bundle),
          bindings: { ...Object(workerOptions.bindings), ...settings, ...variables },
        },
      ],
    }),
  )
  const url = await miniflare.ready
  process.stdout.write(`${JSON.stringify({ ready: true, port: Number(url.port) })}\n`)
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void miniflare.dispose().then(() => process.exit(0)))
}

function build(folder: string): void {
  const wrangler = resolve("node_modules/wrangler/bin/wrangler.js")
  const built = spawnSync(
    process.execPath,
    [wrangler, "deploy", "--dry-run", "--outdir", folder, "--config", values.config],
    { encoding: "utf8" },
  )
  if (built.status === 0) return
  process.stderr.write(`The Worker could not be bundled.\n${built.stdout}${built.stderr}\n`)
  process.exit(1)
}

interface Module {
  readonly type: "ESModule" | "CompiledWasm" | "Data"
  readonly path: string
}

/** What wrangler wrote: one script, and the files that it imports as data. */
function modulesOf(folder: string): Module[] {
  const files = globSync("*.{png,wasm,bin}", { cwd: folder })
  const data = files.map(
    (file): Module => ({ type: file.endsWith(".wasm") ? "CompiledWasm" : "Data", path: join(folder, file) }),
  )
  return [{ type: "ESModule", path: join(folder, "index.js") }, ...data]
}

function splitVariable(text: string): [string, string] {
  const at = text.indexOf(":")
  return [text.slice(0, at), text.slice(at + 1)]
}
