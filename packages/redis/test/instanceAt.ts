import { FramedbId, type Instance, type JsonObject, ObjectKey } from "@framedb/core"
import * as Redacted from "effect/Redacted"

/** An instance as the registry would describe it. */
export const instanceAt = (url: string, metadata: JsonObject = {}): Instance => ({
  framedbId: FramedbId.make("redis-under-test"),
  kind: "redis",
  url: Redacted.make(url),
  clusterId: undefined,
  metadata,
})

/** A valid key. */
export const keyOf = (text: string): ObjectKey => ObjectKey.make(text)

/** Bytes of a text. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
