/**
 * Pieces of any size gathered into parts of a fixed size.
 *
 * Buffers come from a pool that holds `partsInFlight` parts: a part is only begun when an earlier one has been let go, which
 * bounds the memory of an upload whatever its size, and gives backpressure to the stream.
 */
import { type BackendError, storageError, wrongLength } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Semaphore from "effect/Semaphore"
import { PieceReader } from "./PieceReader.ts"
import { maxParts, partSizeOf } from "./partSize.ts"

/** A part of a body. */
export interface Part {
  /** From 1. */
  readonly partNumber: number
  readonly bytes: Uint8Array
  /** Whether nothing comes after it. */
  readonly isLast: boolean
  /** Gives its room back. The bytes may be overwritten from then on. */
  readonly release: Effect.Effect<void>
}

/** How parts are gathered. */
export interface GatherOptions {
  readonly partBytes: number
  readonly partsInFlight: number
  /** The length of the whole body, where it was said. Another length is a failure. */
  readonly sizeBytes: number | undefined
}

interface Room {
  readonly bytes: Uint8Array
  readonly release: Effect.Effect<void>
}

/** Buffers of one upload. Those of the first size are used again. */
const makePool = (options: GatherOptions) => {
  const free: Array<Uint8Array> = []
  const permits = Semaphore.makeUnsafe(options.partsInFlight)
  return (sizeBytes: number): Effect.Effect<Room> => {
    // A part that has grown takes the room of several, and of all at the most.
    const taken = Math.min(Math.ceil(sizeBytes / options.partBytes), options.partsInFlight)
    const isUsual = sizeBytes === options.partBytes
    return Effect.map(permits.take(taken), () => {
      const bytes = (isUsual ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(sizeBytes)
      const giveBack = Effect.sync(() => {
        if (isUsual) free.push(bytes)
      })
      return { bytes, release: Effect.andThen(giveBack, permits.release(taken)) }
    })
  }
}

/** The room to allocate for a part: no more than is said to come. */
const roomFor = (partNumber: number, gatheredBytes: number, options: GatherOptions): number => {
  const full = partSizeOf(partNumber, options.partBytes, options.sizeBytes)
  return options.sizeBytes === undefined ? full : Math.max(1, Math.min(full, options.sizeBytes - gatheredBytes))
}

/** Turns a pull of pieces into an Effect that gives the next part. There is always a first part, which may be empty. */
export const gatherParts = <E>(
  pull: Pull.Pull<ReadonlyArray<Uint8Array>, E>,
  options: GatherOptions,
): Effect.Effect<Part, E | BackendError> => {
  const take = makePool(options)
  const nextPieces = Pull.catchDone(pull, () => Effect.succeed(undefined))
  const reader = new PieceReader()
  let gathered = 0
  let partNumber = 0

  /** Fills a part, reading on past its end to know whether it is the last. */
  const fillPart = Effect.fnUntraced(function* (bytes: Uint8Array) {
    let at = 0
    for (;;) {
      at = reader.fill(bytes, at)
      if (reader.hasMore()) return { at, isLast: false }
      const pieces = yield* nextPieces
      if (pieces === undefined) return { at, isLast: true }
      reader.feed(pieces)
    }
  })

  return Effect.gen(function* () {
    partNumber++
    if (partNumber > maxParts) {
      return yield* storageError("put", "Rejected", `the body needs more than ${maxParts} parts`)
    }
    const room = yield* take(roomFor(partNumber, gathered, options))
    const { at, isLast } = yield* fillPart(room.bytes)
    gathered += at
    const said = options.sizeBytes
    if (said !== undefined && (isLast ? gathered !== said : gathered >= said)) {
      return yield* wrongLength(said, isLast ? gathered : gathered + 1)
    }
    return { partNumber, bytes: room.bytes.subarray(0, at), isLast, release: room.release }
  })
}
