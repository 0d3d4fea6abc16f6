/** What every `ObjectRouting` promises, run alike in memory, on the server and on the published service. */
import { layer } from "@effect/vitest"
import type { ObjectRouting } from "@framedb/core"
import type * as Layer from "effect/Layer"
import { copyTests } from "./objectRoutingCopies.ts"
import { entryTests } from "./objectRoutingEntries.ts"
import { listTests } from "./objectRoutingLists.ts"

/** What the suite is run on. */
export interface ObjectRoutingSuiteOptions<E> {
  /** One routing service, which the tests share and in which each makes keys and instance ids of its own. */
  readonly layer: Layer.Layer<ObjectRouting, E>
  readonly capability: {
    /**
     * Whether routes whose keys can't stand in a path (`a/b`, `.`, `..`) can be changed and removed. Where not, such
     * keys are only registered and found.
     */
    readonly changesAnyKey: boolean
    /** Whether metadata may have fields with dots and dollars in their names. */
    readonly anyMetadataField: boolean
  }
}

/** Registers the tests of the `ObjectRouting` contract. They run with the real clock. */
export const objectRoutingSuite = <E>(name: string, options: ObjectRoutingSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    entryTests(it, options.capability)
    copyTests(it)
    listTests(it, options.capability)
  })
}
