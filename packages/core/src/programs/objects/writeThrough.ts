/**
 * Writes that ask first: the instance is opened, the bytes are written in the form that they have there, the route is
 * registered, and what the overwrite leaves elsewhere is settled.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { kindOf } from "../../domain/FramedbType.ts"
import type { ObjectInfo } from "../../domain/FrameObject.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { BackendError, withMaybeApplied } from "../../errors/BackendError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { CommitOutcome } from "../../ports/ChunkStore.ts"
import type { StoreEntry } from "../../ports/ObjectStore.ts"
import type { ConnectError } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import type { Pieces } from "../large/fixedPieces.ts"
import { bytesInMemory, makeInsertBytes } from "../large/insertBytes.ts"
import { type ChunkServices, makeAskChunks } from "../large/placedChunks.ts"
import { readChunked } from "../large/readChunked.ts"
import { type ChunkedWritten, commitManifest, writeChunked } from "../large/writeChunked.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"
import type { Admission } from "./Admission.ts"
import { neverSettled, untilSettled } from "./contested.ts"
import { moveSettler, type Written } from "./moveSettler.ts"
import type { Overlaps } from "./Overlaps.ts"
import { infoOf, type PlacedObject, type Placement, problemOfFit, routeOf } from "./placing.ts"

/** What the writes stand on. */
export interface WriteServices extends ChunkServices {
  readonly routes: Routes["Service"]
  /** A registration that is under way when its caller goes keeps counting there. */
  readonly writes: Overlaps
  /** In the end it runs what nobody waits for. */
  readonly scope: Scope.Scope
  /** Where writes wait for their turn. */
  readonly admission: Admission
  /** The largest object that is written out of memory, in bytes. */
  readonly maxObjectBytes: number
}

/** Sends plain bytes. */
type SendBytes = (opened: OpenInstance, entry: StoreEntry) => Effect.Effect<void, BackendError | InvalidArgument>

/** What was registered before, once plain bytes are stored; `Chunked` where they have to be stored in chunks. */
type Stored = ({ readonly _tag: "Plain" } & Before) | { readonly _tag: "Chunked" }

/** What there was before a write. */
interface Before {
  readonly previous: Option.Option<ObjectRoute>
  /** Whether the instance held an object of this key. */
  readonly wasThere: boolean
}

interface Registration {
  readonly route: ObjectRoute
  /** Whether the instance held an object of this key before. */
  readonly wasThere: boolean
  /** Removes what was stored. */
  readonly undo: Effect.Effect<unknown, unknown>
}

/** Gives the writes. */
export const makeWriteThrough = (services: WriteServices) => {
  const { routes, writes, connections, repeat, scope, admission, maxObjectBytes } = services
  const ask = makeAskChunks(services)
  const repeatHarmless = repeatingHarmless(repeat)
  const mover = moveSettler({ ...services, ask, insertBytes: makeInsertBytes(ask, services) })

  /** Whoever writes the key meanwhile overlaps the registration that is still under way. */
  const keepCounting = (key: string) => () => {
    const token = writes.begin(key)
    return () => writes.release(token)
  }

  /**
   * Registers the route. Doing so again is harmless, so it is repeated also where it may have been applied. Where it
   * surely was not, bytes that were not there before are removed again.
   */
  const register = ({ route, wasThere, undo }: Registration) =>
    repeatHarmless(routes.register(route, keepCounting(route.key))).pipe(
      Effect.tapError(({ maybeApplied }) => (wasThere || maybeApplied ? Effect.void : Effect.ignore(undo))),
      // Where the key was there, its bytes are the new ones already.
      Effect.mapError((error) => withMaybeApplied(error, wasThere || error.maybeApplied)),
    )

  const settle = Effect.fnUntraced(function* (placement: Placement, { previous, wasThere }: Before, written: Written) {
    const { sizeBytes } = written.source
    if (Option.isNone(previous) && !wasThere) return infoOf(placement, sizeBytes, [])
    const settling = Option.isSome(previous) ? mover.settle(written, previous.value) : mover.settleUnrouted(written)
    const settled = Effect.mapError(settling, (error) =>
      error instanceof BackendError ? withMaybeApplied(error, true) : error,
    )
    return infoOf(placement, sizeBytes, yield* settled)
  })

  const open = (placement: Placement) =>
    repeat(
      Effect.tapError(connections.acquire(placement.framedbId, kindOf(placement.type)), () =>
        Effect.sync(() => connections.forget(placement.framedbId, kindOf(placement.type))),
      ),
    )

  const openFitting = Effect.fnUntraced(function* (placement: Placement) {
    const opened = yield* open(placement)
    const problem = problemOfFit(placement, opened)
    return problem === undefined ? opened : yield* problem
  })

  const storePlain = Effect.fnUntraced(function* (
    object: PlacedObject,
    send: SendBytes,
  ): Effect.fn.Return<Stored, ConnectError, Scope.Scope> {
    const opened = yield* openFitting(object)
    const { key, data } = object
    const { inlineBytes } = opened.connection.objects.limits
    if (data.byteLength > inlineBytes) return { _tag: "Chunked" }
    const size = yield* repeat(opened.sizes.request(key, 0))
    yield* repeat(send(opened, object))
    // Chunks that the bytes have taken the place of; a collector would find them, too.
    const wasChunked = Option.isSome(size) && size.value > inlineBytes
    if (wasChunked) yield* Effect.ignore(opened.connection.chunks.remove(key, { _tag: "Shadowed" }))
    const undo = opened.connection.objects.deleteManyIfEqual([object])
    const route = routeOf(object, data.byteLength)
    const wasThere = Option.isSome(size)
    return { _tag: "Plain", previous: yield* register({ route, wasThere, undo }), wasThere }
  }, Effect.scoped)

  /** Every large write also removes a little of what earlier ones left, while nobody waits for it. */
  const tidyUp = (placement: Placement) => Effect.forkIn(Effect.ignore(ask(placement, (store) => store.collect)), scope)

  const registerChunked = Effect.fnUntraced(function* (placement: Placement, { manifest, wasThere }: ChunkedWritten) {
    const { key } = placement
    const { sizeBytes, version } = manifest
    const undo = ask(placement, (store) => store.remove(key, { _tag: "Only", version }))
    const previous = yield* register({ route: routeOf(placement, sizeBytes), wasThere, undo })
    const chunked = { key, place: placement, manifest }
    const stream = readChunked(ask, chunked, { start: 0, end: sizeBytes })
    const source = { sizeBytes, stream, bytes: Stream.mkUint8Array(stream) }
    return yield* settle(placement, { previous, wasThere }, { key, place: placement, source, held: version })
  })

  /** Registers what was written in chunks; where the move was contested, again, with the same chunks. */
  const registerWritten = (placement: Placement, written: ChunkedWritten) => {
    let isContested = false
    const commitAgain = Effect.suspend(() =>
      isContested
        ? commitManifest(ask, { key: placement.key, place: placement, manifest: written.manifest })
        : Effect.succeed<CommitOutcome>("committed"),
    )
    const registration = Effect.flatMap(commitAgain, (outcome) =>
      outcome === "committed" ? registerChunked(placement, written) : Effect.fail(neverSettled(placement)),
    )
    const noted = Effect.tapError(registration, () =>
      Effect.sync(() => {
        isContested = true
      }),
    )
    return untilSettled(placement, noted)
  }

  /** Writes a stream in chunks, whatever its length. */
  const writeLarge = <E>(
    placement: Placement,
    body: Stream.Stream<Uint8Array, E> | Pieces<E>,
  ): Effect.Effect<ObjectInfo, E | ConnectError | ObjectTooLarge> =>
    writeChunked(ask, { key: placement.key, place: placement, body }).pipe(
      Effect.flatMap((written) => registerWritten(placement, written)),
      Effect.tap(() => tidyUp(placement)),
    )

  const writeOnce = Effect.fnUntraced(function* (object: PlacedObject, send: SendBytes) {
    const stored = yield* storePlain(object, send)
    if (stored._tag === "Chunked") return yield* writeLarge(object, Stream.succeed(object.data))
    const { key, data } = object
    return yield* settle(object, stored, { key, place: object, source: bytesInMemory(data), held: data })
  })

  /** Writes bytes that are in memory. */
  const writeThrough = (
    object: PlacedObject,
    send: SendBytes,
  ): Effect.Effect<ObjectInfo, ConnectError | ObjectTooLarge> => {
    const sizeBytes = object.data.byteLength
    if (sizeBytes > maxObjectBytes) {
      return Effect.fail(new ObjectTooLarge({ key: object.key, sizeBytes, limitBytes: maxObjectBytes }))
    }
    return admission.admit(untilSettled(object, writeOnce(object, send)))
  }

  /** Up to where an instance takes whole values, and the size of its chunks. */
  const boundsAt = (placement: Placement) =>
    Effect.scoped(
      Effect.map(openFitting(placement), ({ connection: { objects, chunks } }) => ({
        wholeBytes: objects.limits.inlineBytes,
        pieceBytes: chunks.limits.chunkBytes,
      })),
    )

  return { writeThrough, writeLarge, boundsAt }
}
