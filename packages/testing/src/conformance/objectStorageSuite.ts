/** What every `ObjectStorage` promises, run alike in memory, in a folder, on a user's backend and on S3 servers. */
import { layer } from "@effect/vitest"
import type { ObjectStorage } from "@framedb/core"
import type * as Layer from "effect/Layer"
import { storageListingTests } from "./objectStorageListing.ts"
import { storageNameTests } from "./objectStorageNames.ts"
import { storagePutTests } from "./objectStoragePuts.ts"
import { storageReadTests } from "./objectStorageReads.ts"

/** What the storage under test is expected to say that it can do. Tests for what it can't check that it says so. */
export interface ObjectStorageCapability {
  readonly attributes: boolean
  readonly createOnly: boolean
  readonly stat: boolean
  readonly list: boolean
  /** Whether a listing keeps control characters apart, which XML without encoding does not; true by default. */
  readonly listsControls?: boolean
  readonly delete: boolean
}

/** What the suite is run on. */
export interface ObjectStorageSuiteOptions<E> {
  /** One storage, which the tests share and in which each makes names of its own. */
  readonly layer: Layer.Layer<ObjectStorage, E>
  readonly capability: ObjectStorageCapability
  /** A size that this storage keeps in several pieces or parts, in bytes; 3 MiB by default. */
  readonly largeBytes?: number
}

/** Registers the tests of the `ObjectStorage` contract. They run with the real clock. */
export const objectStorageSuite = <E>(name: string, options: ObjectStorageSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    storagePutTests(it, options.capability, options.largeBytes ?? 3 * 1024 * 1024)
    storageReadTests(it, options.capability)
    storageNameTests(it, options.capability)
    storageListingTests(it, options.capability)
  })
}
