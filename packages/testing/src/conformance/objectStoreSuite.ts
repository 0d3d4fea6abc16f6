/** What every `ObjectStore` promises, run alike on the in-memory stores and on real servers. */
import { layer } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import type { ObjectStoreUnderTest } from "./ObjectStoreUnderTest.ts"
import { batchTests } from "./objectStoreBatches.ts"
import { insertTests } from "./objectStoreInserts.ts"
import { keyTests } from "./objectStoreKeys.ts"
import { modelTests } from "./objectStoreModel.ts"
import { valueTests } from "./objectStoreValues.ts"

/** What the suite is run on. */
export interface ObjectStoreSuiteOptions<E> {
  /** One store, which the tests share and in which each makes keys of its own. */
  readonly layer: Layer.Layer<ObjectStoreUnderTest, E>
  /** The bounds that the store is expected to state. */
  readonly capability: {
    /** `limits.inlineBytes`: a value of this size is written and read. */
    readonly inlineBytes: number
    /** `limits.keyCharacters`: keys of this length are written and read. */
    readonly keyCharacters: number | undefined
  }
  /** How many random programs are compared with a plain map; 40 by default. */
  readonly runs?: number
}

/** Registers the tests of the `ObjectStore` contract. They run with the real clock. */
export const objectStoreSuite = <E>(name: string, options: ObjectStoreSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    valueTests(it, options.capability)
    batchTests(it)
    insertTests(it)
    keyTests(it, options.capability)
    modelTests(it, options.runs ?? 40)
  })
}
