/** Every provider against the contract, over its real package and its documented wire. */
import { describeProvider } from "./provider-contract.ts"
import { SPECS } from "./specs/index.ts"

for (const spec of SPECS) describeProvider(spec)
