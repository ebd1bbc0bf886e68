/**
 * A saga: flight, hotel and car are booked one after the other, each with a way to undo it. When a later one is refused, the
 * run fails and what was booked is cancelled, last first; so it is when somebody cancels the run and asks for that.
 */
import { NonRetryableError, tool, workflow } from "waybill"
import { z } from "zod"

const trip = z.object({ traveller: z.string(), city: z.string(), nights: z.int().min(1), car: z.boolean() })

/** Cities in which the imaginary rental has no car left. */
const WITHOUT_CARS = ["Venice", "Zermatt"]

/** Books `what`. The reference follows from the idempotency key, as a service would give the same one for the same key. */
function booking(what: "flight" | "hotel" | "car", effect: "idempotent" | "unsafe") {
  return tool({
    name: `book_${what}`,
    description: `Books a ${what}.`,
    input: trip,
    output: z.object({ reference: z.string() }),
    effect,
    run({ input, idempotencyKey }) {
      if (what === "car" && WITHOUT_CARS.includes(input.city))
        throw new NonRetryableError(`There is no car to be had in ${input.city}.`)
      return { reference: `${what}-${idempotencyKey.slice(-8)}` }
    },
    compensate: ({ output }) => ({ cancelled: output.reference }),
  })
}

export const tripSaga = workflow("trip-saga", {
  version: 1,
  description: "Books a flight, a hotel and a car, and cancels what was booked when one of them cannot be had.",
  input: trip,
  examples: {
    booked: { traveller: "Noor", city: "Lisbon", nights: 3, car: true },
    undone: { traveller: "Noor", city: "Venice", nights: 3, car: true },
  },
})
  .tool("flight", booking("flight", "idempotent"), ({ input }) => input)
  .tool("hotel", booking("hotel", "idempotent"), ({ input }) => input)
  .tool("car", booking("car", "unsafe"), ({ input }) => input, { when: ({ input }) => input.car })
  .output(({ flight, hotel, car }) => [flight, hotel, ...(car ? [car] : [])].map(({ reference }) => reference))
