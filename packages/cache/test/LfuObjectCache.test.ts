import { LfuObjectCache } from "@framedb/cache"
import { objectCacheSuite } from "@framedb/testing/conformance"

const maxBytes = 256 * 1024

objectCacheSuite("LFU object cache", { layer: LfuObjectCache.layer({ maxBytes }), capability: { maxBytes } })
