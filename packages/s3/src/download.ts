/**
 * Objects read as streams that survive a broken connection: what is missing is asked for by range, on condition that the
 * object is still the same, a bounded number of times without progress.
 */
import { Readable } from "node:stream"
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3"
import { type BackendError, type StorageRange, storageError } from "@framedb/core"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { BodyReader } from "./BodyReader.ts"
import { failureOf, type S3Failure, saysNotFound, saysPrecondition } from "./classify.ts"
import type { S3CallFailed, S3Calls } from "./S3Calls.ts"
import type { S3Settings } from "./S3Options.ts"
import { toBackendError } from "./s3Error.ts"

/** An answer to GetObject whose body is owned by a scope. */
export interface OpenDownload {
  readonly sizeBytes: number
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly body: Stream.Stream<Uint8Array, BackendError>
}

/** The first pause before a broken download is resumed, in milliseconds; it doubles each time. */
const firstPauseMillis = 100

/** What has come at once. */
type Chunks = readonly [Uint8Array, ...Array<Uint8Array>]

interface State {
  body: BodyReader
  /** The position in the object of the next byte. */
  at: number
  /** How often it broke since the last byte. */
  broken: number
}

/** The bytes that an answer says it carries, and the size of the whole object. */
interface Extent {
  readonly start: number
  readonly end: number
  readonly sizeBytes: number
}

const extentOf = (answer: GetObjectCommandOutput): Extent | undefined => {
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.ContentRange ?? "")
  if (range !== null) return { start: Number(range[1]), end: Number(range[2]) + 1, sizeBytes: Number(range[3]) }
  const length = answer.ContentLength
  return length === undefined ? undefined : { start: 0, end: length, sizeBytes: length }
}

/** The position after the last byte of a range. */
const endOf = ({ length, offset }: StorageRange): number =>
  length === undefined ? Number.POSITIVE_INFINITY : offset + length

/** A range of at least a byte in HTTP's words. */
const headerOf = (range: StorageRange): string =>
  `bytes=${range.offset}-${range.length === undefined ? "" : endOf(range) - 1}`

/** Whether an answer carries nothing but what was asked for: a store without ranges answers with the whole object, as if all were well. */
const isAsked = ({ end, start }: Extent, range: StorageRange | undefined): boolean =>
  range === undefined || (start === range.offset && end <= endOf(range))

const noRanges = (): BackendError => storageError("get", "Protocol", "the store does not honour ranges")

const readerOf = (answer: GetObjectCommandOutput, settings: S3Settings): BodyReader | undefined =>
  answer.Body instanceof Readable ? new BodyReader(answer.Body, settings.idleTimeoutMillis) : undefined

const close = (body: BodyReader | undefined): Effect.Effect<void> => Effect.sync(() => body?.close())

const pause = (broken: number): Effect.Effect<void> =>
  Effect.flatMap(Random.next, (random) =>
    Effect.sleep(Duration.millis(firstPauseMillis * 2 ** (broken - 1) * (0.5 + random))),
  )

/** A version of an object, read up to a position. */
interface Version {
  readonly key: string
  readonly end: number
  /** Without it a broken body can't be resumed: nothing tells that the object is still the same. */
  readonly etag: string | undefined
}

const overwritten = (): BackendError =>
  storageError("get", "Unavailable", "the object was overwritten while it was read: read it again")

/** Asks for the rest of the same version. */
const reopen = (
  calls: S3Calls,
  settings: S3Settings,
  state: State,
  version: Version & { readonly etag: string },
): Effect.Effect<void, S3CallFailed | BackendError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const range = `bytes=${state.at}-${version.end - 1}`
      const answer = yield* restore(calls.get(version.key, { range, ifMatch: version.etag }))
      const body = readerOf(answer, settings)
      if (body === undefined || extentOf(answer)?.start !== state.at) {
        body?.close()
        return yield* noRanges()
      }
      // The condition was sent; a store that does not know it answers with what is there now.
      if (answer.ETag !== undefined && answer.ETag !== version.etag) {
        body.close()
        return yield* overwritten()
      }
      state.body = body
    }),
  )

const cutShort = (): S3Failure => ({ code: "ECONNRESET", status: undefined, message: "the body was cut short" })

/** Reads from where the state is to the end of the version, resuming where it breaks. */
const pullRest = (
  calls: S3Calls,
  settings: S3Settings,
  state: State,
  version: Version,
): Pull.Pull<Chunks, BackendError> => {
  const { end, etag } = version
  const resume = (failure: S3Failure): Pull.Pull<Chunks, BackendError> => {
    state.body.close()
    state.broken++
    if (saysPrecondition(failure) || saysNotFound(failure)) return Effect.fail(overwritten())
    const error = toBackendError("get", failure)
    if (etag === undefined || !error.isRetryable || state.broken >= settings.attempts) return Effect.fail(error)
    return pause(state.broken).pipe(
      Effect.andThen(reopen(calls, settings, state, { ...version, etag })),
      Effect.andThen(next),
      Effect.catchTag("S3CallFailed", (again) => resume(again.failure)),
    )
  }
  const accept = (chunks: Chunks | undefined): Pull.Pull<Chunks, BackendError> => {
    if (chunks === undefined) return resume(cutShort())
    for (const chunk of chunks) state.at += chunk.byteLength
    if (state.at > end) return Effect.fail(storageError("get", "Protocol", "the body is longer than was said"))
    state.broken = 0
    return Effect.succeed(chunks)
  }
  const next: Pull.Pull<Chunks, BackendError> = Effect.suspend(
    (): Pull.Pull<Chunks, BackendError> =>
      state.at >= end
        ? Effect.andThen(close(state.body), Cause.done())
        : Effect.matchEffect(state.body.next, {
            onFailure: (thrown) => resume(failureOf(thrown)),
            onSuccess: accept,
          }),
  )
  return next
}

/** Opens an object or a range of it, of at least a byte. Its connection is released with the scope, read or not. */
export const openDownload = (
  calls: S3Calls,
  settings: S3Settings,
  key: string,
  range: StorageRange | undefined,
): Effect.Effect<OpenDownload, S3CallFailed | BackendError, Scope.Scope> =>
  Effect.gen(function* () {
    const opened = yield* Effect.acquireRelease(
      Effect.map(calls.get(key, range === undefined ? {} : { range: headerOf(range) }), (answer) => {
        const body = readerOf(answer, settings)
        return { answer, state: body === undefined ? undefined : { body, at: 0, broken: 0 } }
      }),
      ({ state }) => close(state?.body),
      { interruptible: true },
    )
    const extent = extentOf(opened.answer)
    const { state } = opened
    if (state === undefined || extent === undefined) {
      return yield* storageError("get", "Protocol", "the answer has no body or says no length")
    }
    if (!isAsked(extent, range)) return yield* noRanges()
    state.at = extent.start
    const pull = pullRest(calls, settings, state, { key, end: extent.end, etag: opened.answer.ETag })
    return {
      sizeBytes: extent.sizeBytes,
      metadata: opened.answer.Metadata,
      body: Stream.fromPull(Effect.succeed(pull)),
    }
  })
