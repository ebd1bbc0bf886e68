/**
 * Calls between objects, and from the API to them. What a method throws crosses as data and is thrown again on the caller's
 * side: thrown through the platform's RPC it would lose its class, and every refusal would be logged and counted as a crash
 * of the object. Both sides read and write plain methods; only this file knows that there is something between them.
 */
import { type ErrorData, errorData, errorFrom, WaybillError } from "../lib/errors.ts"
import { isId, markOf } from "../lib/id.ts"

/** One call as it crosses. */
export interface Call {
  readonly method: string
  readonly args: readonly unknown[]
}

/** What came of it. */
export type Outcome = { readonly value: unknown } | { readonly error: ErrorData }

/** An object as the platform hands it out: one method that carries all others. `Rpc` is what they are. */
export interface Remote<Rpc> {
  call(call: Call): Promise<Outcome>
  fetch(request: Request): Promise<Response>
  /** Carries the type; absent at run time. */
  readonly rpc?: Rpc
}

/** A namespace of objects of one class. */
export interface Namespace<Rpc> {
  getByName(name: string): Remote<Rpc>
  /** The objects that never leave a jurisdiction of the platform. Throws where the platform has it not. */
  jurisdiction?(name: Jurisdiction): Namespace<Rpc>
}

const JURISDICTIONS = ["eu", "us"] as const
/** A region that the platform can keep objects in. */
export type Jurisdiction = (typeof JURISDICTIONS)[number]

/** The part of `namespace` whose objects never leave `region`, or why there is none. */
export function within<Rpc>(
  namespace: Namespace<Rpc>,
  region: string,
): { readonly namespace: Namespace<Rpc> } | { readonly reason: string } {
  const jurisdiction = JURISDICTIONS.find((name) => name === region)
  if (jurisdiction === undefined || !namespace.jurisdiction)
    return { reason: `The platform has no jurisdiction "${region}".` }
  try {
    return { namespace: namespace.jurisdiction(jurisdiction) }
  } catch (thrown) {
    return { reason: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

/** The methods of an object, and its `fetch`. */
export type Reached<Rpc> = Rpc & Pick<Remote<Rpc>, "fetch">

/**
 * The object called `name`, as if it were here. Nothing is sent before a method is called. A run whose id bears a mark is
 * in that jurisdiction; throws `run_not_found` where the platform has it not.
 */
export function reach<Rpc extends object>(namespace: Namespace<Rpc>, name: string): Reached<Rpc> {
  const remote = placeOf(namespace, name).getByName(name)
  const methods = new Proxy(
    {},
    {
      get(_target, method) {
        // A promise that resolves to this asks for `then`, to see whether it is a promise in turn.
        if (typeof method !== "string" || method === "then") return undefined
        if (method === "fetch") return (request: Request) => remote.fetch(request)
        return async (...args: unknown[]) => unpack(await remote.call({ method, args }))
      },
    },
  )
  // The proxy has every method that there is; which of them are called is checked by their type.
  return methods as Reached<Rpc>
}

function placeOf<Rpc>(namespace: Namespace<Rpc>, name: string): Namespace<Rpc> {
  const mark = isId("run", name) ? markOf(name) : undefined
  if (mark === undefined) return namespace
  const inside = within(namespace, mark)
  if ("namespace" in inside) return inside.namespace
  throw new WaybillError("run_not_found", `There is no run ${name}.`)
}

/** Carries out `call` on `object`: the whole body of its `call` method. Never rejects. */
export async function answerCall(object: object, { method, args }: Call): Promise<Outcome> {
  try {
    const member: unknown = Reflect.get(object, method)
    if (typeof member !== "function") throw new Error(`${object.constructor.name} has no method ${method}.`)
    return { value: await Reflect.apply(member, object, args) }
  } catch (thrown) {
    const error = errorData(thrown)
    // A fault of our own: its stack does not cross, so this is the last place that can show it.
    if (error.code === "internal") console.error(thrown)
    return { error }
  }
}

function unpack(outcome: Outcome): unknown {
  if ("error" in outcome) throw errorFrom(outcome.error)
  return outcome.value
}
