/** SHA-256 digests, in small hex digits. */
import { createHash, hash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { IntegrityError } from "../../errors/IntegrityError.ts"

/** The digest of whole bytes or of a text's UTF-8. */
export const sha256 = (data: Uint8Array | string): string => hash("sha256", data, "hex")

/** What a stream has carried so far. */
export interface StreamDigest {
  readonly sizeBytes: () => number
  /** The digest of everything; ask once, at the end. */
  readonly sha256: () => string
}

/** A stream that is digested while it is read, once. */
export const digesting = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
): { readonly body: Stream.Stream<Uint8Array, E, R>; readonly digest: StreamDigest } => {
  const state = createHash("sha256")
  let sizeBytes = 0
  const counted = Stream.map(body, (piece) => {
    state.update(piece)
    sizeBytes += piece.byteLength
    return piece
  })
  return { body: counted, digest: { sizeBytes: () => sizeBytes, sha256: () => state.digest("hex") } }
}

/** What some bytes are expected to be. */
export interface Expected {
  readonly key: string
  readonly sizeBytes: number
  readonly sha256: string
}

const differs = (key: string, what: string): IntegrityError =>
  new IntegrityError({ key, message: `the stored bytes of ${JSON.stringify(key)} are not those backed up: ${what}` })

/** Passes whole bytes on where they are what is expected. */
export const checkBytes = <A extends Uint8Array>(bytes: A, expected: Expected): Effect.Effect<A, IntegrityError> => {
  if (bytes.byteLength !== expected.sizeBytes) {
    return Effect.fail(differs(expected.key, `${bytes.byteLength} bytes instead of ${expected.sizeBytes}`))
  }
  return sha256(bytes) === expected.sha256
    ? Effect.succeed(bytes)
    : Effect.fail(differs(expected.key, "the SHA-256 differs"))
}

/** Passes a stream on, and fails at its end, or as soon as it is too long, where it is not what is expected. */
export const checkStream = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  expected: Expected,
): Stream.Stream<Uint8Array, E | IntegrityError, R> =>
  Stream.suspend(() => {
    const { body: counted, digest } = digesting(body)
    const inTime = Stream.mapEffect(counted, (piece) =>
      digest.sizeBytes() > expected.sizeBytes
        ? Effect.fail(differs(expected.key, `more than ${expected.sizeBytes} bytes`))
        : Effect.succeed(piece),
    )
    const atEnd = Stream.suspend(() => {
      if (digest.sizeBytes() !== expected.sizeBytes) {
        return Stream.fail(differs(expected.key, `${digest.sizeBytes()} bytes instead of ${expected.sizeBytes}`))
      }
      return digest.sha256() === expected.sha256
        ? Stream.empty
        : Stream.fail(differs(expected.key, "the SHA-256 differs"))
    })
    return Stream.concat(inTime, atEnd)
  })
