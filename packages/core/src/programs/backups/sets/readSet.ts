/** Manifests and indexes out of storage, checked. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../../errors/BackendError.ts"
import { IntegrityError } from "../../../errors/IntegrityError.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import { readBytes } from "../../../storage/collectBytes.ts"
import { sha256 } from "../digest.ts"
import { repeating } from "../repeating.ts"
import { decodeIndex, decodeManifest, type SetIndex, type SetManifest } from "./SetFormat.ts"
import { indexNameOf, manifestNameOf, type SetPlace } from "./setNames.ts"

type ReadFailure = BackendError | IntegrityError

const changed = (name: string, what: string): IntegrityError =>
  new IntegrityError({ key: name, message: `${JSON.stringify(name)} ${what}` })

/** The largest document that is read into memory, in bytes: about half of what a text of the engine's can hold. */
export const maxDocumentBytes = 256 * 1024 * 1024

const readText = (storage: ObjectStorageService, name: string): Effect.Effect<Option.Option<string>, BackendError> =>
  Effect.map(
    repeating(readBytes(storage, name, { maxBytes: maxDocumentBytes })),
    Option.map(({ bytes }) => new TextDecoder().decode(bytes)),
  )

const decoded = <A>(name: string, value: Option.Option<A>): Effect.Effect<A, IntegrityError> =>
  Option.isSome(value) ? Effect.succeed(value.value) : Effect.fail(changed(name, "was changed or is cut"))

/** The manifest of a set; `None` where no run of it has been completed. */
export const readManifest = (
  storage: ObjectStorageService,
  place: SetPlace,
): Effect.Effect<Option.Option<SetManifest>, ReadFailure> => {
  const name = manifestNameOf(place)
  return Effect.flatMap(
    readText(storage, name),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: (text) => Effect.asSome(decoded(name, decodeManifest(text))),
    }),
  )
}

/** An index with the digest of its text. */
export interface ReadIndex {
  readonly index: SetIndex
  readonly name: string
  readonly sha256: string
}

/** The index of a part; `None` where the part has none yet. */
export const readIndex = (
  storage: ObjectStorageService,
  place: SetPlace,
  at: { readonly generation: number; readonly part: number },
): Effect.Effect<Option.Option<ReadIndex>, ReadFailure> => {
  const name = indexNameOf(place, at.generation, at.part)
  return Effect.flatMap(
    readText(storage, name),
    Option.match({
      onNone: () => Effect.succeedNone,
      onSome: (text) =>
        Effect.map(decoded(name, decodeIndex(text)), (index) => Option.some({ index, name, sha256: sha256(text) })),
    }),
  )
}

/** The indexes that a manifest names, in order, one in memory at a time. */
export const indexesOf = (storage: ObjectStorageService, manifest: SetManifest): Stream.Stream<SetIndex, ReadFailure> =>
  Stream.mapEffect(Stream.fromIterable(manifest.indexes), ({ name, sha256: expected }) =>
    Effect.flatMap(readText(storage, name), (text): Effect.Effect<SetIndex, IntegrityError> => {
      if (Option.isNone(text)) return Effect.fail(changed(name, "is named by the manifest and is not there"))
      if (sha256(text.value) !== expected) return Effect.fail(changed(name, "is not what the manifest says"))
      return decoded(name, decodeIndex(text.value))
    }),
  )

/** A part that a run which was not completed has left: its index, or why that can't be trusted. */
export type UnfinishedPart = Result.Result<ReadIndex, IntegrityError>

/** The parts that a run which was not completed has left, in order. */
export const unfinishedParts = (
  storage: ObjectStorageService,
  place: SetPlace,
  generation: number,
): Stream.Stream<UnfinishedPart, BackendError> =>
  Stream.paginate(0, (part) =>
    readIndex(storage, place, { generation, part }).pipe(
      Effect.map(Option.map((found): UnfinishedPart => Result.succeed(found))),
      Effect.catchTag("IntegrityError", (error) => Effect.succeedSome<UnfinishedPart>(Result.fail(error))),
      Effect.map(
        Option.match({
          onNone: () => [[], Option.none<number>()] as const,
          onSome: (found) => [[found], Option.some(part + 1)] as const,
        }),
      ),
    ),
  )

/** The indexes that a run which was not completed has left, in order. Fails where one can't be trusted. */
export const unfinishedIndexes = (
  storage: ObjectStorageService,
  place: SetPlace,
  generation: number,
): Stream.Stream<ReadIndex, ReadFailure> =>
  Stream.mapEffect(unfinishedParts(storage, place, generation), Effect.fromResult)
