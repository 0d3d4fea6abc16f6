/** What `FrameDB` as a whole promises, run alike in memory and on real services and databases. */
import { layer } from "@effect/vitest"
import type { FrameDB } from "@framedb/core"
import type * as Layer from "effect/Layer"
import { errorTests } from "./frameDBErrors.ts"
import { listTests } from "./frameDBLists.ts"
import { moveTests } from "./frameDBMoves.ts"
import { objectTests } from "./frameDBObjects.ts"
import { valueTests } from "./frameDBValues.ts"

/** Instances that exist, each with a database of its own. */
export interface FrameDBInstances {
  readonly memory: string
  readonly otherMemory: string
  readonly storage: string
}

/** What the suite is run on. */
export interface FrameDBSuiteOptions<E> {
  /** One client, which the tests share and in which each makes keys of its own. */
  readonly layer: Layer.Layer<FrameDB, E>
  readonly instances: FrameDBInstances
  /** An instance id that the registry does not know. */
  readonly unknownInstance: string
}

/** Registers the tests of the `FrameDB` contract. They run with the real clock. */
export const frameDBSuite = <E>(name: string, options: FrameDBSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    objectTests(it, options.instances)
    moveTests(it, options.instances)
    valueTests(it, options.instances)
    listTests(it, options.instances)
    errorTests(it, options)
  })
}
