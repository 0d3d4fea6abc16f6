import { MemoryObjectRouting, MemoryStreamRouting } from "@framedb/core/memory"
import { objectRoutingSuite, streamRoutingSuite } from "@framedb/testing/conformance"

objectRoutingSuite("routing of objects in memory", {
  layer: MemoryObjectRouting.layer(),
  capability: { changesAnyKey: true, anyMetadataField: true },
})

streamRoutingSuite("routing of queues in memory", {
  layer: MemoryStreamRouting.layer(),
  capability: { changesAnyName: true },
})
