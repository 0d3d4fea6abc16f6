import type { ObjectStore } from "@framedb/core"
import * as Context from "effect/Context"

/** The store that `objectStoreSuite` is run on. */
export class ObjectStoreUnderTest extends Context.Service<ObjectStoreUnderTest, ObjectStore>()(
  "@framedb/testing/ObjectStoreUnderTest",
) {}
