import { MemoryQueueStore } from "@framedb/core/memory"
import { QueueStoreUnderTest, queueSuite } from "@framedb/testing/conformance"
import * as Layer from "effect/Layer"

queueSuite("queues in memory", { layer: Layer.sync(QueueStoreUnderTest, () => MemoryQueueStore.make()) })
