/** The support workflow's module inside workerd: its screenshots are imported as bytes there, too. */
import { expect, it } from "vitest"
import { workflows } from "../../workflows/index.ts"

it("has its screenshots as examples", () => {
  const supportRefund = workflows.find(({ name }) => name === "support-refund")
  for (const name of ["double-charge", "error-page", "abusive-message"]) {
    const example = supportRefund?.examples[name]
    // The first bytes of every PNG, in base64.
    expect(example).toMatchObject({ screenshot: expect.stringMatching(/^data:image\/png;base64,iVBORw0KGgo/) })
  }
})
