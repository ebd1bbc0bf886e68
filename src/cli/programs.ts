/**
 * What the launcher starts, and how: the command line and the environment of each child. The Worker is served by
 * `wrangler dev`; everything that would make it look for a network, an account or a person at the keyboard is off.
 */
import { join } from "node:path"
import type { ChildSpec } from "./fleet.ts"
import { LOOPBACK } from "./port.ts"
import type { StateFolder } from "./state-folder.ts"

/** The repository: what the children's paths are relative to. */
export const ROOT = join(import.meta.dirname, "../..")

export type Environment = Readonly<Record<string, string | undefined>>

/** A service that runs as long as the server does. It says `{"ready":true,"port":N}` on standard output once it serves. */
export interface Service {
  readonly name: string
  /** Variable by which the Worker, and whoever wants to bring a service of their own, learns its address. */
  readonly urlVariable: "LOCAL_MODELS_URL" | "SANDBOX_URL"
  spec(state: StateFolder, env: Environment): ChildSpec
}

export const SERVICES: readonly Service[] = [
  {
    name: "sandbox",
    urlVariable: "SANDBOX_URL",
    spec: (state, env) => ({
      name: "sandbox",
      program: ["workflows/support-refund/sandbox/main.ts", "--port", "0", "--db", state.file("sandbox.sqlite")],
      cwd: ROOT,
      env,
    }),
  },
  {
    name: "models",
    urlVariable: "LOCAL_MODELS_URL",
    spec: (_state, env) => ({ name: "models", program: ["src/local/main.ts", "--port", "0"], cwd: ROOT, env }),
  },
]

/**
 * `dev`: under `wrangler dev`, which rebuilds on an edit. `plain`: on the runtime alone, which is faster; `{ bundle }` is the
 * same with the bundle in that folder, which the first start makes and later ones take as it is.
 */
export type Runtime = "dev" | "plain" | { readonly bundle: string }

/** The Worker on `port`, told where the services are. */
export function workerSpec(
  runtime: Runtime,
  port: number,
  state: StateFolder,
  serviceUrls: Readonly<Record<string, string>>,
  env: Environment,
): ChildSpec {
  const variables = Object.entries(serviceUrls).flatMap(([name, url]) => ["--var", `${name}:${url}`])
  const program =
    runtime === "dev"
      ? [
          "node_modules/wrangler/bin/wrangler.js",
          "dev",
          ...["--ip", LOOPBACK, "--port", String(port), "--inspector-port", "0"],
          ...["--persist-to", state.file("worker"), "--show-interactive-dev-session=false"],
        ]
      : [
          ...["src/cli/plain-runtime-main.ts", "--port", String(port), "--state", state.file("plain")],
          ...(runtime === "plain" ? [] : ["--bundle", runtime.bundle]),
        ]
  return {
    name: "worker",
    program: [...program, ...variables],
    cwd: ROOT,
    env: { ...visibleToWorker(env), ...quietWrangler(state) },
  }
}

function quietWrangler(state: StateFolder): Environment {
  return {
    // The banner asks the network for a newer version, cf.json for where this machine is, metrics for consent.
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_WRITE_LOGS: "false",
    // Servers find each other by name in this folder, and two of ours have the same name.
    WRANGLER_REGISTRY_PATH: state.file("registry"),
    // Keys exported in the shell reach the Worker as secrets, without a file and without showing in a process list.
    CLOUDFLARE_INCLUDE_PROCESS_ENV: "true",
    NO_COLOR: "1",
  }
}

/** What a Node program needs to run here at all. */
const SYSTEM = /^(PATH|HOME|USER|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+)$/
/** What a Worker may be configured with: keys, addresses and regions of providers and of tools, and where telemetry goes. */
const SETTINGS =
  /^(AWS|AZURE|CLOUDFLARE|GOOGLE|OPENAI_COMPATIBLE|OTEL|WAYBILL|WRANGLER)_\w+$|_(KEYS?|TOKEN|SECRET|URL|REGIONS?)$/

/** The part of `env` that the Worker gets to see: not everything that a shell holds is its business. */
export function visibleToWorker(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => SYSTEM.test(name) || SETTINGS.test(name)))
}
