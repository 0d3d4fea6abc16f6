import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Collects all garbage now, whether or not Node was started with `--expose-gc`. */
export const collectGarbage = (): void => {
  if (globalThis.gc === undefined) {
    setFlagsFromString("--expose-gc")
    // A context made after the flag has the function.
    globalThis.gc = runInNewContext("gc") as NodeJS.GCFunction
  }
  globalThis.gc()
}
