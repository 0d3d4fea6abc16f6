/** Objects that every process can make for itself: the same bytes and metadata from the same key. */
import type { BackupSource, RestoredObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** The keys of so many objects. */
export const keysOf = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${index % 2 === 0 ? "Case" : "case"}/../${index}`)

const bytesOf = (key: string): Uint8Array => new TextEncoder().encode(`${key} `.repeat(100))

const propertiesOf = (key: string) => ({
  framedbId: `redis-${key.length}`,
  type: key.startsWith("C") ? ("in-memory" as const) : ("storage" as const),
  metadata: { of: key, ünïcode: "😀 100%" },
  content: { serializer: "text" },
})

/** Gives the object of any key. */
export const sourceOf: BackupSource<never> = {
  open: (key) =>
    Effect.succeed({
      key,
      ...propertiesOf(key),
      sizeBytes: bytesOf(key).byteLength,
      bytes: Effect.succeed(bytesOf(key)),
      stream: Stream.succeed(bytesOf(key)),
    }),
}

/** Whether an object came back as it was. */
export const isAsItWas = ({ body, content, framedbId, key, metadata, type }: RestoredObject): boolean =>
  body instanceof Uint8Array &&
  Buffer.compare(body, bytesOf(key)) === 0 &&
  JSON.stringify({ framedbId, type, metadata, content }) === JSON.stringify(propertiesOf(key))
