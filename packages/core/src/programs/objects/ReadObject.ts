/** Reads of objects as streams, whole or in part. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { ObjectInfo, ObjectSource } from "../../domain/FrameObject.ts"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { Connections } from "../instances/Connections.ts"
import { continuing, holdsSame, type ReadSpan } from "../large/continuing.ts"
import { makeAskChunks } from "../large/placedChunks.ts"
import type { ReadChunksError, Span } from "../large/readChunked.ts"
import { makeFindStored, type StoredBytes, sizeOfStored, streamStored } from "../large/StoredBytes.ts"
import { retrying } from "../retrying.ts"
import { type DescribedRoute, Routes } from "../routes/Routes.ts"
import { infoOfRoute } from "./infoOfRoute.ts"
import { makeReadPlaces } from "./readPlaces.ts"
import { problemOfRecord } from "./SetObject.ts"

/** A part of an object: from `offset`, at most `length` bytes, to the end where no length is given. */
export interface ByteRange {
  /** 0 by default. */
  readonly offset?: number
  readonly length?: number
}

/** How an object is read. */
export interface ReadObjectOptions {
  /** A range beyond the end gives what there is, which may be nothing. The whole object by default. */
  readonly range?: ByteRange
}

/** An object that was found, its bytes to be streamed. */
export interface OpenObject {
  /** `framedbId`, `type` and `sizeBytes` are those of the version and the place that are read. */
  readonly info: ObjectInfo
  readonly source: ObjectSource
  /** The digest of the whole object in hexadecimal, where it is stored with the bytes: of objects in chunks. */
  readonly sha256: string | undefined
  /**
   * The bytes of the one version that was opened, or the asked part of them, each checked before it is given out. Can be run
   * again. Goes on from a copy of the same bytes where the place that is read goes away in the middle. Fails with
   * `IntegrityError` where they are not what was written, and with a `BackendError` that may be tried again where the version
   * was overwritten and removed before it was read.
   */
  readonly stream: Stream.Stream<Uint8Array<ArrayBuffer>, ReadChunksError>
}

/** What opening an object can fail with. */
export type ReadObjectError = ReadChunksError | ObjectNotFound

const isBound = (value: unknown): boolean => value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)

const problemOfRange = (range: ByteRange): InvalidArgument | undefined =>
  problemOfRecord("range", range) ??
  (isBound(range.offset) && isBound(range.length)
    ? undefined
    : new InvalidArgument({ argument: "range", message: "offset and length are whole numbers of at least 0" }))

const spanOf = ({ offset = 0, length }: ByteRange, sizeBytes: number): Span => {
  const start = Math.min(offset, sizeBytes)
  return { start, end: length === undefined ? sizeBytes : Math.min(start + length, sizeBytes) }
}

/** Builds the program that opens objects. */
export const makeReadObject = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const routes = yield* Routes
  const services = { connections: yield* Connections, repeat: retrying(options) }
  const ask = makeAskChunks(services)
  const find = makeFindStored(ask, services)
  const readPlaces = makeReadPlaces({ ...services, routes, clusterId: options.clusterId })

  /** The other places of an object in chunks, to go on from where this one goes away. */
  const elsewhere = (route: DescribedRoute, place: Location, object: StoredBytes & { readonly _tag: "Chunked" }) =>
    [route, ...route.copies]
      .filter((other) => !isSameLocation(other, place))
      .map((other) =>
        Effect.map(
          find(route.key, other, route.sizeBytes),
          Option.flatMap((stored) =>
            holdsSame(object, stored)
              ? Option.some<ReadSpan>((span) => streamStored(ask, stored, span))
              : Option.none<ReadSpan>(),
          ),
        ),
      )

  const openAt = (range: ByteRange) => (route: DescribedRoute, place: Location) =>
    Effect.map(
      find(route.key, place, route.sizeBytes),
      Option.map((stored: StoredBytes): OpenObject => {
        const sizeBytes = sizeOfStored(stored)
        return {
          info: { ...infoOfRoute(route), framedbId: place.framedbId, type: place.type, sizeBytes },
          source: place.framedbId === route.framedbId ? "primary" : "copy",
          sha256: stored._tag === "Chunked" ? stored.manifest.sha256 : undefined,
          stream: continuing(
            (span) => streamStored(ask, stored, span),
            spanOf(range, sizeBytes),
            stored._tag === "Chunked" ? elsewhere(route, place, stored) : [],
          ),
        }
      }),
    )

  return Effect.fn("FrameDB.readObject")(function* (
    key: ObjectKey,
    how: ReadObjectOptions = {},
  ): Effect.fn.Return<OpenObject, ReadObjectError> {
    const none = problemOfRecord("options", how)
    if (none !== undefined) return yield* none
    const { range = {} } = how
    const problem = problemOfRange(range)
    return problem === undefined ? yield* readPlaces(key, openAt(range)) : yield* problem
  })
})
