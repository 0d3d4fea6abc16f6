/** The servers that the live tests start. */
import { ensurePackages } from "../../packages/testing/src/harness/packages.ts"
import type { Check } from "./Check.ts"

/** Installs the Debian packages that are missing, or says what to install. */
export const packages: Check = {
  name: "servers installed",
  run: async () => {
    try {
      const installed = await ensurePackages()
      return { passed: 1, failed: 0, summary: installed.join(" "), output: "" }
    } catch (error) {
      return { passed: 0, failed: 1, summary: "", output: error instanceof Error ? error.message : String(error) }
    }
  },
}
