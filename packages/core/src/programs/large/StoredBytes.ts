/** The bytes of an object as they were found at a place: plain ones are in memory, chunked ones are read when they are asked for. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import type { AskChunks, ChunkServices } from "./placedChunks.ts"
import {
  type ChunkedObject,
  loadChunked,
  type ReadChunksError,
  readChunked,
  type Span,
  trustedManifest,
} from "./readChunked.ts"

/** Plain bytes. */
export interface PlainObject {
  readonly _tag: "Plain"
  readonly data: Uint8Array<ArrayBuffer>
}

/** What was found. */
export type StoredBytes = PlainObject | ({ readonly _tag: "Chunked" } & ChunkedObject)

/** How often an object is looked at again that changes its form between two looks. */
const maxLooks = 8

/** The length in bytes. */
export const sizeOfStored = (stored: StoredBytes): number =>
  stored._tag === "Plain" ? stored.data.byteLength : stored.manifest.sizeBytes

/** All bytes; those of a plain object are given out as they are. */
export const loadStored = (
  ask: AskChunks,
  stored: StoredBytes,
): Effect.Effect<Uint8Array<ArrayBuffer>, ReadChunksError> =>
  stored._tag === "Plain" ? Effect.succeed(stored.data) : loadChunked(ask, stored)

/** The bytes of a span as a stream, which can be run again. */
export const streamStored = (
  ask: AskChunks,
  stored: StoredBytes,
  span: Span,
): Stream.Stream<Uint8Array<ArrayBuffer>, ReadChunksError> => {
  if (stored._tag === "Chunked") return readChunked(ask, stored, span)
  return span.start >= span.end ? Stream.empty : Stream.succeed(stored.data.slice(span.start, span.end))
}

const restless = (key: ObjectKey, place: Location): BackendError =>
  new BackendError({
    backend: place.type === "storage" ? "sql" : "redis",
    operation: "findChunked",
    instance: place.framedbId,
    reason: backendReason("Overloaded", `${key} changes its form faster than it can be read`),
    maybeApplied: false,
  })

/** Gives the program that looks for an object at a place; `expectedBytes` is what the route says, and decides where it looks first. */
export const makeFindStored = (ask: AskChunks, { connections }: ChunkServices) => {
  const getPlain = (key: ObjectKey, place: Location, expectedBytes: number) =>
    connections.use(place, (opened: OpenInstance) =>
      expectedBytes > opened.connection.objects.limits.inlineBytes
        ? Effect.succeedNone
        : opened.gets.request(key, expectedBytes),
    )

  const look = (
    key: ObjectKey,
    place: Location,
    expectedBytes: number,
    looks: number,
  ): Effect.Effect<Option.Option<StoredBytes>, ReadChunksError> =>
    Effect.flatMap(getPlain(key, place, expectedBytes), (data) =>
      Option.isSome(data)
        ? Effect.succeedSome<StoredBytes>({ _tag: "Plain", data: data.value })
        : lookClosely(key, place, looks),
    )

  const lookClosely = Effect.fnUntraced(function* (
    key: ObjectKey,
    place: Location,
    looks: number,
  ): Effect.fn.Return<Option.Option<StoredBytes>, ReadChunksError> {
    const form = yield* ask(place, (store) => store.find(key))
    if (Option.isNone(form)) return Option.none()
    if (form.value._tag === "Chunked") {
      const manifest = yield* trustedManifest(key, form.value.manifest)
      return Option.some({ _tag: "Chunked", key, place, manifest })
    }
    if (looks === 0) return yield* restless(key, place)
    return yield* look(key, place, form.value.sizeBytes, looks - 1)
  })

  return (key: ObjectKey, place: Location, expectedBytes: number) => look(key, place, expectedBytes, maxLooks)
}

/** Looks for an object at a place. */
export type FindStored = ReturnType<typeof makeFindStored>
