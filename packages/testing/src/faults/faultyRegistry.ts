import type { ClusterRegistry } from "@framedb/core"
import { type Decide, through } from "./Fault.ts"

/** A registry whose calls go through faults. */
export const faultyRegistry = (registry: ClusterRegistry["Service"], decide: Decide): ClusterRegistry["Service"] => ({
  findInstance: (framedbId, kind) =>
    through(
      decide,
      { backend: "registry", method: "findInstance", instance: framedbId, keys: [] },
      registry.findInstance(framedbId, kind),
    ),
})
