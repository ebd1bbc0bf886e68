/** Conditions evaluated the slow, obvious way: every test of every member becomes one boolean in a list. */

export function naiveHolds(
  condition: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): boolean {
  const results: boolean[] = []
  for (const [key, test] of Object.entries(condition)) {
    if (key === "all") for (const part of asList(test)) results.push(naiveHolds(asRecord(part), values))
    else if (key === "any")
      results.push(
        asList(test)
          .map((part) => naiveHolds(asRecord(part), values))
          .includes(true),
      )
    else if (key === "not") results.push(!naiveHolds(asRecord(test), values))
    else if (typeof test === "object" && test !== null)
      for (const [operator, operand] of Object.entries(test)) results.push(naiveTest(operator, operand, values[key]))
    else results.push(naiveTest("$eq", test, values[key]))
  }
  return !results.includes(false)
}

function naiveTest(operator: string, operand: unknown, value: unknown): boolean {
  const items = Array.isArray(value) ? value : [value === undefined ? null : value]
  if (operator === "$ne") return items.filter((item) => item === operand).length === 0
  if (operator === "$nin") return items.filter((item) => asList(operand).includes(item)).length === 0
  return items.filter((item) => naiveItem(operator, operand, item)).length > 0
}

function naiveItem(operator: string, operand: unknown, item: unknown): boolean {
  if (operator === "$eq") return item === operand
  if (operator === "$in") return asList(operand).includes(item)
  if (operator === "$regex") return typeof item === "string" && new RegExp(String(operand), "u").test(item)
  const [left, right] = [item, operand]
  if (
    !(typeof left === "number" && typeof right === "number") &&
    !(typeof left === "string" && typeof right === "string")
  )
    return false
  if (operator === "$gt") return left > right
  if (operator === "$gte") return left > right || left === right
  if (operator === "$lt") return left < right
  return left < right || left === right
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {}
}
