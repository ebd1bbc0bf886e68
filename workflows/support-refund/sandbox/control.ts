/** The endpoints for whoever runs the sandbox: health, the call book, faults and reset. They are not counted. */
import { businessEndpoints, type Service } from "./business.ts"
import { countCalls, forgetCalls } from "./calls.ts"
import { resetDatabase } from "./database.ts"
import { parameterError } from "./endpoint.ts"
import { SandboxError } from "./errors.ts"
import { faultSchema } from "./faults.ts"

type Parameters = Readonly<Record<string, unknown>>

export const controlEndpoints: Readonly<Record<string, (service: Service, parameters: Parameters) => unknown>> = {
  "GET /healthz": () => ({ status: "ok" }),
  "GET /_calls": ({ db }, { endpoint }) => ({
    calls: countCalls(db, endpoint === undefined ? undefined : knownEndpoint(String(endpoint))),
  }),
  "DELETE /_calls": ({ db }) => {
    forgetCalls(db)
    return { calls: [] }
  },
  "GET /_faults": ({ faults }) => ({ faults: faults.list() }),
  "POST /_faults": ({ faults }, parameters) => {
    const fault = faultSchema.safeParse(parameters)
    if (!fault.success) throw parameterError(fault.error, parameters)
    knownEndpoint(fault.data.endpoint)
    faults.add(fault.data)
    return { faults: faults.list() }
  },
  "DELETE /_faults": ({ faults }) => {
    faults.clear()
    return { faults: [] }
  },
  "POST /_reset": ({ db, faults }) => {
    resetDatabase(db)
    faults.clear()
    return { status: "ok" }
  },
}

function knownEndpoint(endpoint: string): string {
  const names = businessEndpoints.map(({ name }) => name)
  if (names.includes(endpoint)) return endpoint
  const message = `No endpoint '${endpoint}'; the endpoints are: ${names.join(", ")}.`
  throw new SandboxError(400, "parameter_invalid", message, { param: "endpoint" })
}
