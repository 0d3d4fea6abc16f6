import { NoObjectCache } from "@framedb/core/memory"
import { objectCacheSuite } from "@framedb/testing/conformance"

objectCacheSuite("no object cache", { layer: NoObjectCache.layer(), capability: { maxBytes: 0 } })
