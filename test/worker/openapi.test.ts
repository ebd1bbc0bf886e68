/** The OpenAPI document as a client's generator reads it. That answers fit it is checked by every test that asks for one. */
import { describe, expect, it } from "vitest"
import { endpoints } from "../../src/api/index.ts"
import { isJsonObject } from "../../src/lib/json.ts"
import { get } from "./support/client.ts"

/** Every `$ref` in `value`, however deep. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (!isJsonObject(value)) return []
  const own = typeof value.$ref === "string" ? [value.$ref] : []
  return [...own, ...Object.values(value).flatMap(references)]
}

function resolve(document: unknown, reference: string): unknown {
  return reference
    .slice(2)
    .split("/")
    .reduce((at, key) => (isJsonObject(at) ? at[key] : undefined), document)
}

describe("/openapi.json", () => {
  it("[API21] is OpenAPI 3.1 and describes every endpoint", async () => {
    const { body } = await get("/openapi.json")
    expect(body.openapi).toBe("3.1.0")
    const paths = body.paths as Record<string, Record<string, { operationId: string; parameters?: { name: string }[] }>>
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual(endpoints.map(({ method, path }) => `${method} ${path}`).sort())
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  })

  it("[API21] names the parameters of every path", async () => {
    const { body } = await get("/openapi.json")
    for (const [path, methods] of Object.entries(body.paths as Record<string, Record<string, unknown>>)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      for (const operation of Object.values(methods)) {
        const { parameters = [] } = operation as { parameters?: { name: string; in: string; required: boolean }[] }
        const required = parameters.filter((parameter) => parameter.in === "path" && parameter.required)
        expect(required.map(({ name }) => name)).toEqual(named)
      }
    }
  })

  it("[API21] refers to nothing that it does not hold, and names what travels on sockets", async () => {
    const { body } = await get("/openapi.json")
    const broken = references(body).filter((reference) => resolve(body, reference) === undefined)
    expect(broken).toEqual([])
    expect(references(body).length).toBeGreaterThan(50)
    const { schemas } = body.components as { schemas: object }
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining(["Run", "Step", "Problem", "ClientFrame", "ServerFrame"]),
    )
    expect(JSON.stringify(body)).not.toContain("$defs")
  })

  it("[API21] says that what has a default need not be sent", async () => {
    const { body } = await get("/openapi.json")
    const list = (body.paths as Record<string, { get: { parameters: { name: string; required: boolean }[] } }>)[
      "/v1/runs"
    ]
    expect(list?.get.parameters.find(({ name }) => name === "limit")).toMatchObject({ required: false })
  })
})
