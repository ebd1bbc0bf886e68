/**
 * Serves an operation through the cache. Every policy still applies to a hit: the model that gave the answer must be one
 * that this very operation may use now, and what is blocked is blocked.
 */
import { untilAborted } from "../lib/abort.ts"
import type { CompiledCandidate, CompiledRoute } from "../routing/compiled.ts"
import type { Ranking } from "../routing/decide.ts"
import { type Cache, type CacheEntry, cacheKey, shelfOf } from "./cache.ts"
import { CACHED } from "./decision.ts"
import { type LoopEnd, serve } from "./loop.ts"
import { resultOf } from "./result.ts"
import type { Session } from "./session.ts"

export interface Served {
  readonly end: LoopEnd
  readonly cache?: "hit" | "miss"
}

export async function serveCached(session: Session, cache: Cache): Promise<Served> {
  const ranking = session.rank()
  if (!ranking || ranking.route.cacheMs === 0) return { end: await serve(session, ranking) }
  const shelf = shelfOf(session.context)
  const key = cacheKey(session.operation, shelf, session.redaction)
  let hit = await fromCache(session, ranking, await cache.find(shelf, key, ranking.route.cacheMs))
  // Between seeing that nobody is under way and leading there is no await, so only one of many leads.
  for (let other = cache.underWay(key); other && !hit; other = cache.underWay(key)) {
    const answer = await answerOf(other, session, ranking.route)
    if (answer === "gave up") break
    hit = await fromCache(session, ranking, answer)
  }
  if (hit) return { end: hit, cache: "hit" }
  let end: LoopEnd = { status: "nobody" }
  await cache.lead(shelf, key, ranking.route.cacheMs, async () => {
    end = await serve(session, session.rank())
    return session.winner
  })
  return { end, cache: "miss" }
}

/**
 * What another operation is answered. Nobody is held up by others: throws the reason as soon as `signal` aborts, and gives
 * up after the time of one attempt, for whoever leads may have died without a word.
 */
async function answerOf(other: Promise<CacheEntry | undefined>, session: Session, route: CompiledRoute) {
  const gaveUp = Promise.withResolvers<"gave up">()
  const cancel = session.services.clock.setTimer(route.timeout.attemptMs, () => gaveUp.resolve("gave up"))
  try {
    return await untilAborted(Promise.race([other, gaveUp.promise]), session.options.signal)
  } finally {
    cancel()
  }
}

async function fromCache(
  session: Session,
  ranking: Ranking,
  entry: CacheEntry | undefined,
): Promise<LoopEnd | undefined> {
  const candidate = entry && permitted(ranking, entry.model)
  if (!candidate) return undefined
  const { catalogue } = session.services
  const provider = catalogue.entry(candidate.model.provider)
  if (!provider) return undefined
  const prepared = await session.requests.prepare(provider, catalogue.capabilities(provider, candidate.model))
  if ("failure" in prepared) return undefined
  const { request } = prepared
  const repair = ranking.route.onInvalid.includes("repair")
  const read = resultOf(entry.reply, request.operation, repair, request.placeholders)
  if (!("result" in read)) return undefined
  session.candidates.fate(candidate, CACHED)
  session.deltas.source().won(read.result.type === "generate" ? read.result.text : "")
  return { status: "served", result: read.result }
}

/** A model that is merely ill or over its budget of time may still have its old answers used. */
function permitted(ranking: Ranking, key: string): CompiledCandidate | undefined {
  const found = ranking.candidates.find(({ candidate }) => candidate.model.key === key)
  return found && (found.struck === undefined || found.struck === "breaker_open") ? found.candidate : undefined
}
