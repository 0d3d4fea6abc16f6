/** Routes that no other test uses. */
import { randomUUID } from "node:crypto"
import { FramedbId, type JsonObject, type Location, type ObjectRoute } from "@framedb/core"
import { uniqueKey } from "./uniqueKey.ts"

/** An instance id that no other test uses. */
export const uniqueFramedbId = (label = "instance"): FramedbId => FramedbId.make(`${label}-${randomUUID()}`)

/** A location that no other test uses. */
export const uniqueLocation = (type: Location["type"] = "in-memory"): Location => ({
  framedbId: uniqueFramedbId(),
  type,
})

/** A whole route under a new key, with the fields that are given. */
export const uniqueRoute = (fields: Partial<ObjectRoute> = {}): ObjectRoute => ({
  key: uniqueKey("route"),
  framedbId: uniqueFramedbId(),
  type: "in-memory",
  copies: [],
  sizeBytes: 12,
  metadata: { owner: "suite" },
  ...fields,
})

/** Metadata of every JSON kind, as a service in another language might change it. */
export const awkwardMetadata: JsonObject = {
  text: "líne\nbreak \u0000 😀 \u2028",
  empty: "",
  zero: 0,
  negative: -1.5,
  largest: Number.MAX_SAFE_INTEGER,
  smallest: Number.MIN_SAFE_INTEGER,
  tiny: 5e-324,
  tenth: 0.1,
  large: 1.7976931348623157e308,
  yes: true,
  no: false,
  nothing: null,
  list: [1, "two", null, [], {}, [[3]]],
  nested: { deep: { deeper: { list: [{ a: 1 }] } } },
  "field with spaces": 1,
  Fïeld: 2,
  framedb: { serializer: "json", contentType: "application/json" },
}
