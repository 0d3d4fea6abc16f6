/** How a live test reaches the servers that all live tests share. */
import { inject } from "vitest"
import type { SharedServers } from "./sharedServers.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly sharedServers: SharedServers
  }
}

/** The servers of this run; only inside vitest's project `live`, whose global setup starts them. */
export const provided = (): SharedServers => inject("sharedServers")
