/**
 * The workflow's named inputs: the shipped screenshots with what a customer might write beside them. PNG files are
 * imported as bytes, by a rule of `wrangler.toml` in the Worker and by a small plugin in the tests.
 */
import { Buffer } from "node:buffer"
import abusiveMessage from "./screens/abusive-message.png"
import doubleCharge from "./screens/double-charge.png"
import errorPage from "./screens/error-page.png"

export const examples = {
  "double-charge": {
    message: "Hello, I think that I was charged twice this month. Could you have a look, please?",
    screenshot: dataUrl(doubleCharge),
  },
  "error-page": {
    message: "Since this morning I only get this page. What can I do?",
    screenshot: dataUrl(errorPage),
  },
  "abusive-message": {
    message: "I already wrote to you, see the screenshot. I want an answer now.",
    screenshot: dataUrl(abusiveMessage),
  },
}

function dataUrl(png: ArrayBuffer): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`
}
