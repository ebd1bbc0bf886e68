/**
 * From what somebody wants made of a run to the order that the new run's object carries out. It is written where the
 * original's log is; everything that can be refused is refused here, before there is a new run.
 */
import { checkBreakpoints } from "../engine/breakpoints.ts"
import { storedEdit } from "../engine/edit-step.ts"
import type { Recording } from "../engine/recording.ts"
import { checkedStubs } from "../engine/stubs.ts"
import { parseWith } from "../graph/schema.ts"
import type { Workflow } from "../graph/workflow.ts"
import { type Json, toJson } from "../lib/json.ts"
import { mergePatch } from "../lib/merge-patch.ts"
import { derivedHeader, planFork } from "../replay/derive.ts"
import { type ForkForecast, forkForecast, type StepCosts } from "../replay/fork-forecast.ts"
import type { Stored } from "../run/event.ts"
import { kindsByName } from "../steps/index.ts"
import type { BlobStore } from "../store/blob-store.ts"
import { externalize, internalize } from "../store/values.ts"
import { blobsOf } from "./blobs.ts"
import type { Deployment, Env } from "./environment.ts"
import { checkNamesOf } from "./names-by-hand.ts"
import { prepareStart } from "./start-run.ts"
import type { DerivationOrder, DerivationRequest } from "./study-rpc.ts"

/** The original, with today's code of its workflow. */
export interface Original {
  readonly recording: Recording
  readonly workflow: Workflow
  readonly env: Env
  readonly deployment: Deployment
}

/** Throws what is wrong with the request. */
export async function derivationOrder(original: Original, request: DerivationRequest): Promise<DerivationOrder> {
  const { recording, workflow, env, deployment } = original
  const { paused, edits = {}, input: _input, inputPatch: _patch, moreTags = [], stubs, ...derivation } = request
  checkBreakpoints(derivation.breakpoints ?? [], workflow, kindsByName)
  await checkNamesOf(edits, deployment.gateway(env))
  const { forkedFrom } = derivation
  const planned = forkedFrom && planFork(recording, workflow, kindsByName, { at: forkedFrom.path, edits })
  const blobs = blobsOf(env)
  const wanted = await wantedInput(original, request)
  const { tenant, tags: ownTags } = recording.header
  const tags = [...ownTags, ...moreTags]
  const run = { runId: derivation.runId, workflow: workflow.name, tenant }
  const given =
    wanted === undefined ? {} : { input: (await prepareStart(env, deployment, run, { input: wanted })).input }
  const input = given.input === undefined ? {} : { input: await externalize(parsedInput(workflow, given.input), blobs) }
  const from = forkedFrom && planned ? { forkedFrom: { ...forkedFrom, path: planned.point.at } } : {}
  const stubbed =
    stubs === undefined ? {} : { stubs: await storedStubs(checkedStubs(stubs, workflow, kindsByName), blobs) }
  const header = derivedHeader(recording.header, workflow, { ...derivation, ...from, ...input, ...stubbed, tags })
  const base = { original: recording.header.runId, header, head: recording.head, paused }
  if (!planned) return base
  const stored = Object.entries(planned.edits).map(
    async ([path, edit]) => [path, await storedEdit(edit, blobs)] as const,
  )
  return { ...base, fork: { at: planned.point.at, edits: Object.fromEntries(await Promise.all(stored)) } }
}

async function storedStubs(stubs: Readonly<Record<string, Json>>, blobs: BlobStore): Promise<Record<string, Stored>> {
  const stored = Object.entries(stubs).map(async ([name, output]) => [name, await externalize(output, blobs)] as const)
  return Object.fromEntries(await Promise.all(stored))
}

/** What the fork would do and cost. Throws what is wrong with it, and writes nothing. */
export async function derivationForecast(
  original: Original,
  request: DerivationRequest,
  samples: readonly StepCosts[],
): Promise<ForkForecast> {
  const { recording, workflow, env, deployment } = original
  await checkNamesOf(request.edits ?? {}, deployment.gateway(env))
  const wanted = await wantedInput(original, request)
  if (wanted !== undefined) parsedInput(workflow, wanted)
  const { forkedFrom, edits = {} } = request
  return forkForecast(recording, workflow, kindsByName, { at: forkedFrom?.path ?? "", edits }, samples)
}

/** The input that is asked for; undefined when it is the original's. */
async function wantedInput({ recording, env }: Original, request: DerivationRequest): Promise<Json | undefined> {
  const { input, inputPatch } = request
  if (inputPatch === undefined) return input
  return mergePatch(await internalize(recording.header.input, blobsOf(env)), inputPatch)
}

function parsedInput(workflow: Workflow, input: Json): Json {
  return toJson(parseWith(workflow.input, input, "input_invalid", "input"), "input")
}
