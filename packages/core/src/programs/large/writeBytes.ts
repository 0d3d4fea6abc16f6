/** Writes bytes to a place in the form that they have there: as a value up to the inline limit, in chunks above it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { ConnectError } from "../instances/Connections.ts"
import type { AskChunks, ChunkServices } from "./placedChunks.ts"
import { writeChunked } from "./writeChunked.ts"

/** The bytes of one version of an object. */
export interface ObjectBytes<E> {
  readonly sizeBytes: number
  /** Loads them; asked only where they go into one value. */
  readonly bytes: Effect.Effect<Uint8Array, E>
  /** Can be run again. */
  readonly stream: Stream.Stream<Uint8Array, E>
}

/** Bytes that are in memory already. */
export const bytesInMemory = (data: Uint8Array): ObjectBytes<never> => ({
  sizeBytes: data.byteLength,
  bytes: Effect.succeed(data),
  stream: Stream.succeed(data),
})

/** Gives the program. Repeated where that is harmless; what was there stays where the bytes can't be read. */
export const makeWriteBytes =
  (ask: AskChunks, { connections, repeat }: ChunkServices) =>
  <E extends { readonly _tag: string }>(
    key: ObjectKey,
    place: Location,
    source: ObjectBytes<E>,
  ): Effect.Effect<void, E | ConnectError | ObjectTooLarge> =>
    Effect.flatMap(
      repeat(connections.use(place, (opened) => Effect.succeed(opened.connection.objects.limits.inlineBytes))),
      (inlineBytes): Effect.Effect<void, E | ConnectError | ObjectTooLarge> => {
        if (source.sizeBytes > inlineBytes) return Effect.asVoid(writeChunked(ask, { key, place, body: source.stream }))
        return Effect.flatMap(source.bytes, (data) =>
          // Chunks that were there are void now; the collector finds them.
          repeat(connections.use(place, (opened) => opened.sets.request({ key, data }, data.byteLength))),
        )
      },
    )

/** Writes bytes to a place. */
export type WriteBytes = ReturnType<typeof makeWriteBytes>
