/** What every `QueueStore` promises, run alike on the in-memory store and on real servers. */
import { layer } from "@effect/vitest"
import type * as Layer from "effect/Layer"
import type { QueueStoreUnderTest } from "./QueueStoreUnderTest.ts"
import { deliveryTests, streamTests } from "./queueDelivery.ts"
import { publishingTests } from "./queuePublishing.ts"
import { redeliveryTests } from "./queueRedelivery.ts"

/** What the suite is run on. */
export interface QueueSuiteOptions<E> {
  /** One store, which the tests share and in which each makes queues of its own. */
  readonly layer: Layer.Layer<QueueStoreUnderTest, E>
}

/** Registers the tests of the `QueueStore` contract. They run with the real clock. */
export const queueSuite = <E>(name: string, options: QueueSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    for (const encoding of ["stream", "list"] as const) {
      deliveryTests(it, encoding)
      redeliveryTests(it, encoding)
    }
    streamTests(it)
    publishingTests(it)
  })
}
