/**
 * Streams stored as one object: in a single put where they fit into a part, else as a multipart upload whose parts are sent
 * again one by one when they fail, and which is aborted, parts and all, unless it was completed.
 */
import { randomUUID } from "node:crypto"
import type { CompletedPart } from "@aws-sdk/client-s3"
import type { BackendError, StoragePutOutcome } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { uploadAttribute } from "./attributes.ts"
import { saysPrecondition } from "./classify.ts"
import { gatherParts, type Part } from "./gatherParts.ts"
import { partSizeOf } from "./partSize.ts"
import type { S3CallFailed, S3Calls, UploadRef, WriteOptions } from "./S3Calls.ts"
import type { S3Settings } from "./S3Options.ts"
import { toBackendError } from "./s3Error.ts"

/** One object to be stored. */
export interface UploadRequest extends WriteOptions {
  readonly key: string
  readonly sizeBytes: number | undefined
}

/** The longest that clearing up after a failed upload may take. */
const abortTimeout = "30 seconds"

const failed = ({ failure }: S3CallFailed): BackendError => toBackendError("put", failure)

/** Repeats what nobody outside could repeat: the stream's bytes are only here. */
const repeating =
  (settings: S3Settings) =>
  <A>(effect: Effect.Effect<A, S3CallFailed>): Effect.Effect<A, S3CallFailed> =>
    Effect.retry(effect, {
      while: (error) => failed(error).isRetryable,
      times: settings.attempts - 1,
      schedule: Schedule.jittered(Schedule.exponential("100 millis")),
    })

const toOutcome = (effect: Effect.Effect<unknown, S3CallFailed>): Effect.Effect<StoragePutOutcome, BackendError> =>
  effect.pipe(
    Effect.as("written" as const),
    Effect.catch((error) =>
      saysPrecondition(error.failure) ? Effect.succeed("exists" as const) : Effect.fail(failed(error)),
    ),
  )

/** Stores whole bytes in one request, tried once: the caller still has them. */
export const putWhole = (calls: S3Calls, body: Uint8Array, request: UploadRequest) =>
  toOutcome(calls.put(request.key, body, request))

const putPart = (calls: S3Calls, settings: S3Settings, upload: UploadRef, part: Part) =>
  // The room is given back only on success: a request that was given up may still be reading it.
  Effect.tap(repeating(settings)(calls.putPart(upload, part.partNumber, part.bytes)), () => part.release)

/** Whether the object under the key is the one that this upload wrote, although its answer was lost. */
const isOurs = (calls: S3Calls, key: string, token: string): Effect.Effect<boolean, S3CallFailed> =>
  Effect.map(calls.head(key), ({ Metadata }) => Metadata?.[uploadAttribute] === token)

/**
 * After a failure that an upload of ours which has landed would cause as well: looks whose object is there. What is not known
 * for now is asked again by whoever repeats the call; what can't be known is taken for another's.
 */
const unlessOurs =
  (calls: S3Calls, key: string, token: string) =>
  (error: S3CallFailed): Effect.Effect<void, S3CallFailed> => {
    if (error.failure.code !== "NoSuchUpload" && !saysPrecondition(error.failure)) return Effect.fail(error)
    const ours = Effect.catch(isOurs(calls, key, token), (unknown) =>
      failed(unknown).isRetryable ? Effect.fail(unknown) : Effect.succeed(false),
    )
    return Effect.flatMap(ours, (isOwn) => (isOwn ? Effect.void : Effect.fail(error)))
  }

const complete = (
  calls: S3Calls,
  settings: S3Settings,
  upload: UploadRef,
  options: { readonly parts: ReadonlyArray<CompletedPart>; readonly createOnly: boolean; readonly token: string },
): Effect.Effect<unknown, S3CallFailed> => {
  const once = calls.completeUpload(upload, options.parts, options.createOnly)
  return repeating(settings)(Effect.catch(once, unlessOurs(calls, upload.key, options.token)))
}

/** Stores what a stream held in one request, which is repeated: what is created only has to be known again then. */
const putRepeated = (
  calls: S3Calls,
  settings: S3Settings,
  body: Uint8Array,
  request: UploadRequest,
): Effect.Effect<StoragePutOutcome, BackendError> => {
  if (!request.createOnly) return toOutcome(repeating(settings)(calls.put(request.key, body, request)))
  const token = randomUUID()
  const metadata = { ...request.metadata, [uploadAttribute]: token }
  const once = calls.put(request.key, body, { metadata, createOnly: true })
  return toOutcome(repeating(settings)(Effect.catch(once, unlessOurs(calls, request.key, token))))
}

/** Removes what an upload that was not completed has left. */
const abort = (calls: S3Calls, settings: S3Settings, upload: UploadRef): Effect.Effect<void> =>
  repeating(settings)(calls.abortUpload(upload)).pipe(Effect.timeoutOption(abortTimeout), Effect.ignore)

const putParts = <E>(
  calls: S3Calls,
  settings: S3Settings,
  parts: Stream.Stream<Part, E>,
  request: UploadRequest,
): Effect.Effect<StoragePutOutcome, BackendError | E> => {
  const token = randomUUID()
  const metadata = { ...request.metadata, [uploadAttribute]: token }
  return Effect.acquireUseRelease(
    Effect.mapError(repeating(settings)(calls.createUpload(request.key, metadata)), failed),
    (upload) =>
      parts.pipe(
        Stream.mapEffect((part) => Effect.mapError(putPart(calls, settings, upload, part), failed), {
          concurrency: settings.partsInFlight,
        }),
        Stream.runCollect,
        Effect.flatMap((sent) =>
          toOutcome(complete(calls, settings, upload, { parts: sent, createOnly: request.createOnly, token })),
        ),
      ),
    (upload, exit) => (Exit.isSuccess(exit) && exit.value === "written" ? Effect.void : abort(calls, settings, upload)),
  )
}

/** The parts from one that is at hand to the last. */
const partsFrom = <E>(first: Part, next: Effect.Effect<Part, E>): Stream.Stream<Part, E> =>
  Stream.paginate(Effect.succeed(first) as Effect.Effect<Part, E>, (part) =>
    Effect.map(part, (got) => [[got], got.isLast ? Option.none<typeof next>() : Option.some(next)] as const),
  )

/** Stores a stream. Holds at most `partsInFlight` parts of `partBytes` in memory. */
export const putStream = <E>(
  calls: S3Calls,
  settings: S3Settings,
  body: Stream.Stream<Uint8Array, E>,
  request: UploadRequest,
): Effect.Effect<StoragePutOutcome, BackendError | E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const pieces = yield* Stream.toPull(body)
      const next = gatherParts(pieces, { ...settings, sizeBytes: request.sizeBytes })
      const first = yield* next
      return first.isLast
        ? yield* putRepeated(calls, settings, first.bytes, request)
        : yield* putParts(calls, settings, partsFrom(first, next), request)
    }),
  )

/** Stores whole bytes as parts, without copying them. */
export const putBuffer = (
  calls: S3Calls,
  settings: S3Settings,
  body: Uint8Array,
  request: UploadRequest,
): Effect.Effect<StoragePutOutcome, BackendError> => {
  const size = partSizeOf(1, settings.partBytes, body.byteLength)
  const parts = Array.from({ length: Math.ceil(body.byteLength / size) }, (_, index) => ({
    partNumber: index + 1,
    bytes: body.subarray(index * size, (index + 1) * size),
    isLast: (index + 1) * size >= body.byteLength,
    release: Effect.void,
  }))
  return putParts(calls, settings, Stream.fromIterable(parts), request)
}
