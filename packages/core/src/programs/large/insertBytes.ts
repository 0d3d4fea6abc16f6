/** Puts bytes where nothing is, in the form that they have there: as a value up to the inline limit, in chunks above it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { ConnectError } from "../instances/Connections.ts"
import type { AskChunks, ChunkServices } from "./placedChunks.ts"
import { insertChunked } from "./writeChunked.ts"

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

/**
 * Gives the program, which says whether the bytes are there now; whatever else is there stays. Repeated where an attempt
 * surely was not applied.
 */
export const makeInsertBytes =
  (ask: AskChunks, { connections, repeat }: ChunkServices) =>
  <E extends { readonly _tag: string }>(
    key: ObjectKey,
    place: Location,
    source: ObjectBytes<E>,
  ): Effect.Effect<boolean, E | ConnectError | ObjectTooLarge> =>
    Effect.flatMap(
      repeat(connections.use(place, (opened) => Effect.succeed(opened.connection.objects.limits.inlineBytes))),
      (inlineBytes): Effect.Effect<boolean, E | ConnectError | ObjectTooLarge> => {
        if (source.sizeBytes > inlineBytes) return insertChunked(ask, { key, place, body: source.stream })
        return Effect.flatMap(source.bytes, (data) =>
          repeat(connections.use(place, (opened) => opened.inserts.request({ key, data }, data.byteLength))),
        )
      },
    )

/** Puts bytes where nothing is. */
export type InsertBytes = ReturnType<typeof makeInsertBytes>
