/**
 * Experiments. The arm is chosen by weighted rendezvous hashing of the key: one key always meets the same arm, and a
 * change of weights moves only as many keys as it must. Without a key (the field has no value) nobody is exposed.
 */
import { createHash } from "node:crypto"
import { front, type RoutingRule } from "./rule.ts"

export const split: RoutingRule = {
  name: "split",
  arrange(ballot, { route, routeName, facts }) {
    if (!route.split) return ballot
    const { experiment, by, arms } = route.split
    const value = facts.values[by]
    if (value === undefined) return ballot
    const key = String(value)
    const arm = chooseArm(experiment, key, arms)
    if (!arm) return ballot
    const path = `routes${routeName.includes(".") ? `[${JSON.stringify(routeName)}]` : `.${routeName}`}.split`
    const arranged = front(ballot, [arm.model], `arm ${arm.name} of ${experiment}`, path)
    return { ...arranged, experiment: { name: experiment, arm: arm.name, key } }
  },
}

interface Arm {
  readonly name: string
  readonly weight: number
}

/** The arm with the highest score; each arm's score depends only on its own name and weight. */
export function chooseArm<Choice extends Arm>(
  experiment: string,
  key: string,
  arms: readonly Choice[],
): Choice | undefined {
  let best: Choice | undefined
  let bestScore = Number.NEGATIVE_INFINITY
  for (const arm of arms) {
    if (arm.weight <= 0) continue
    const score = -arm.weight / Math.log(uniform(`${experiment}\n${arm.name}\n${key}`))
    if (score > bestScore) {
      best = arm
      bestScore = score
    }
  }
  return best
}

/** A number in (0, 1) that depends only on `text`. */
function uniform(text: string): number {
  const digest = createHash("sha256").update(text).digest()
  return (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48
}
