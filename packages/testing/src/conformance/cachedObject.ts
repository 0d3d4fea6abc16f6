import { type CachedObject, FramedbId, type ObjectKey } from "@framedb/core"

/** An object for a cache: the text as its bytes, with metadata that says so. */
export const cachedObject = (key: ObjectKey, text: string): CachedObject => {
  const data = new TextEncoder().encode(text)
  return {
    key,
    data,
    metadata: { text, nested: { list: [1, 2, 3] } },
    framedbId: FramedbId.make("cached"),
    type: "in-memory",
    sizeBytes: data.byteLength,
    content: { serializer: "text", contentType: "text/plain" },
  }
}
