/** The first stage of a set: reads an object and finds out whether its bytes are stored already. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { isObjectKey, type ObjectKey, problemOfKey } from "../../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import type { BackupDescription } from "../BackupDescription.ts"
import type { BackupObject, BackupProperties } from "../BackupSource.ts"
import { isSameVersion } from "../backupObject.ts"
import { digesting, sha256 } from "../digest.ts"
import { repeating } from "../repeating.ts"
import type { Prepared, SetFailure, SetRun } from "./SetRun.ts"

type Outcome<E> = Effect.Effect<Prepared<E | SetFailure>, E | SetFailure>

const describe = (object: BackupProperties, sizeBytes: number, digest: string): BackupDescription => ({
  key: object.key,
  framedbId: object.framedbId,
  type: object.type,
  metadata: object.metadata,
  content: object.content,
  sizeBytes,
  sha256: digest,
})

/** What is known of these bytes: done in this generation, stored in an earlier one, or new. */
const reuse = <E>(run: SetRun<E>, description: BackupDescription): Prepared<never> | undefined => {
  const prior = run.prior.entries.get(description.key)
  if (prior === undefined || prior.entry.sha256 !== description.sha256) return undefined
  const { key, sizeBytes } = description
  const isSame = isSameVersion(prior.entry, description)
  if (isSame && prior.isCommitted) return { kind: "settled", result: { status: "skipped", key, sizeBytes } }
  const segment = run.prior.segments.get(prior.entry.segment)
  if (segment === undefined) return undefined
  const entry = { ...description, segment: prior.entry.segment, offset: prior.entry.offset }
  return { kind: "stored", entry, segment, status: isSame ? "skipped" : "succeeded", isLarge: false }
}

/**
 * What is to be done about bytes that were read, and for which so much room was taken. What is packed keeps no more of it than
 * its bytes: what waits for a segment to fill must not hold the room that is needed to fill it.
 */
export const prepareBytes = <E>(
  run: SetRun<E>,
  object: BackupProperties,
  { bytes, roomBytes }: { readonly bytes: Uint8Array; readonly roomBytes: number },
): Prepared<never> => {
  const sizeBytes = bytes.byteLength
  // What can't be reused is digested with its segment.
  const isLikely = run.prior.entries.get(object.key)?.entry.sizeBytes === sizeBytes
  const digest = isLikely ? sha256(bytes) : undefined
  const reused = digest === undefined ? undefined : reuse(run, describe(object, sizeBytes, digest))
  return (
    reused ?? { kind: "packed", properties: object, sha256: digest, bytes, roomBytes: Math.min(roomBytes, sizeBytes) }
  )
}

/** The room that a prepared object goes on holding, in bytes: what is packed does until its segment has been stored. */
export const keptRoomOf = (item: Prepared<never>): number => (item.kind === "packed" ? item.roomBytes : 0)

const prepareWhole = <E>(run: SetRun<E>, object: BackupObject<E>): Outcome<E> => {
  const roomBytes = object.sizeBytes
  return Effect.andThen(
    run.budget.take(roomBytes),
    Effect.onExit(
      Effect.map(object.bytes, (bytes) => prepareBytes(run, object, { bytes, roomBytes })),
      (exit) => run.budget.give(roomBytes - (Exit.isSuccess(exit) ? keptRoomOf(exit.value) : 0)),
    ),
  )
}

/** Stores a large object by itself, digesting it on the way. */
const storeLarge = <E>(run: SetRun<E>, object: BackupObject<E>): Outcome<E> => {
  const name = run.nextLargeName(object.key)
  // What has a digest beside it was opened, and its size is that of the version which is read; else it may be one that was once registered.
  const known = object.sha256 === undefined ? {} : { sizeBytes: object.sizeBytes }
  const attempt = Effect.suspend(() => {
    const { body, digest } = digesting(object.stream)
    const stored: Effect.Effect<unknown, E | SetFailure> = run.storage.put(name, body, known)
    return Effect.map(stored, () => ({ sizeBytes: digest.sizeBytes(), digest: digest.sha256() }))
  })
  return Effect.map(repeating(attempt), ({ digest, sizeBytes }) => ({
    kind: "stored",
    entry: { ...describe(object, sizeBytes, digest), segment: name, offset: 0 },
    segment: { name, sizeBytes },
    status: "succeeded",
    isLarge: true,
  }))
}

/** Reads a large object first where an earlier version of the same size makes it likely that nothing changed. */
const prepareLarge = Effect.fnUntraced(function* <E>(
  run: SetRun<E>,
  object: BackupObject<E>,
): Effect.fn.Return<Prepared<E | SetFailure>, E | SetFailure> {
  const prior = run.prior.entries.get(object.key)?.entry
  if (prior?.sizeBytes === object.sizeBytes) {
    const digest = object.sha256 ?? (yield* digestOf(object.stream))
    const reused = reuse(run, describe(object, object.sizeBytes, digest))
    if (reused !== undefined) return reused
  }
  return yield* storeLarge(run, object)
})

const digestOf = <E>(stream: Stream.Stream<Uint8Array, E>): Effect.Effect<string, E> =>
  Effect.suspend(() => {
    const { body, digest } = digesting(stream)
    return Effect.map(Stream.runDrain(body), () => digest.sha256())
  })

const read = <E>(run: SetRun<E>, key: ObjectKey): Outcome<E> => {
  const { error } = run.broken
  if (error !== undefined) return Effect.fail(error)
  return Effect.flatMap(run.source.open(key), (object) =>
    object.sizeBytes <= run.wholeBytes
      ? prepareWhole(run, object)
      : run.budget.holding(Math.min(object.sizeBytes, run.largeRoomBytes))(prepareLarge(run, object)),
  )
}

/** Prepares one key. Never fails: what goes wrong is the key's own result. */
export const prepareEntry =
  <E>(run: SetRun<E>) =>
  (key: string): Effect.Effect<Prepared<E | SetFailure>> => {
    if (!isObjectKey(key)) {
      const error = new InvalidArgument({ argument: "keys", message: problemOfKey(key) ?? "a key" })
      return Effect.succeed({ kind: "settled", result: { status: "failed", key, error } })
    }
    return Effect.map(Effect.result(read(run, key)), (ended) =>
      Result.isSuccess(ended)
        ? ended.success
        : { kind: "settled", result: { status: "failed", key, error: ended.failure } },
    )
  }
