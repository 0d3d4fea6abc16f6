import type { QueueStore } from "@framedb/core"
import * as Context from "effect/Context"

/** The store that `queueSuite` is run on. */
export class QueueStoreUnderTest extends Context.Service<QueueStoreUnderTest, QueueStore>()(
  "@framedb/testing/QueueStoreUnderTest",
) {}
