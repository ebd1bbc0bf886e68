/** Errors as they cross the borders of the product: thrown, as data, and back. */
import { describe, expect, it } from "vitest"
import { ERROR_CODES } from "../../src/lib/error-codes.ts"
import { errorData, errorFrom, isErrorCode, WaybillError } from "../../src/lib/errors.ts"

describe("the error class", () => {
  const error = new WaybillError("input_invalid", "input.email: found 3", { path: "input.email", issues: [1] })

  it("knows its status and remedy from the table", () => {
    expect(error).toMatchObject({ status: 422, remedy: ERROR_CODES.input_invalid.remedy, name: "WaybillError" })
  })

  it("becomes data with its path beside its details, and comes back the same", () => {
    const data = JSON.parse(JSON.stringify(error))
    expect(data).toEqual({
      code: "input_invalid",
      message: "input.email: found 3",
      path: "input.email",
      details: { issues: [1] },
    })
    expect(errorFrom(data).toJSON()).toEqual(data)
    expect(new WaybillError("internal", "m").toJSON()).toEqual({ code: "internal", message: "m" })
  })
})

describe("whatever was thrown, as data", () => {
  it("keeps our code when only the properties survived, as after a call to another object", () => {
    const crossed = Object.assign(new Error("found 3"), { code: "input_invalid", details: { path: "input", n: 1 } })
    expect(errorData(crossed)).toEqual({ code: "input_invalid", message: "found 3", path: "input", details: { n: 1 } })
    expect(errorData({ code: "run_ended", message: "over", path: "a.b" })).toEqual({
      code: "run_ended",
      message: "over",
      path: "a.b",
    })
  })

  it.each([
    [new TypeError("x is not a function"), "TypeError: x is not a function"],
    [new Error("plain"), "plain"],
    [{ message: "an object" }, "an object"],
    ["text", "text"],
    [undefined, "undefined"],
    [null, "null"],
    [Object.assign(new Error("refused"), { code: "ECONNREFUSED" }), "refused"],
  ])("%o is the fallback's code with its own words", (thrown, message) => {
    expect(errorData(thrown, "step_failed")).toEqual({ code: "step_failed", message })
    expect(errorData(thrown).code).toBe("internal")
  })

  it("does not take a member of every object for one of our codes", () => {
    expect(["toString", "__proto__", "constructor", 5, undefined].map(isErrorCode)).toEqual(Array(5).fill(false))
    expect(isErrorCode("not_json")).toBe(true)
  })
})

describe("the table", () => {
  it.each(Object.entries(ERROR_CODES))("%s has a status of HTTP and a remedy that is a sentence", (code, spec) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(spec.status).toBeGreaterThanOrEqual(400)
    expect(spec.status).toBeLessThan(600)
    expect(spec.remedy).toMatch(/^[A-Z].*[.!)]$/)
  })
})
