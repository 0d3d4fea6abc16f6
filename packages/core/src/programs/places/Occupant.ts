/** What lies at a place, seen exactly enough to remove that and nothing newer. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Location } from "../../domain/Location.ts"
import { type ChunkVersion, statedVersion } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ConnectError } from "../instances/Connections.ts"
import type { AskChunks, ChunkServices } from "../large/placedChunks.ts"

/** Plain bytes, or a manifest, which may be damaged: its version is `undefined` where it names none. */
export type Occupant =
  | { readonly _tag: "Plain"; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly _tag: "Chunked"; readonly manifest: string; readonly version: ChunkVersion | undefined }

/**
 * Gives the program that looks; `sizeBytes` is what a value has there, by guess. `None` also where the form changes between
 * two looks: what is there then has just been written.
 */
export const makeFindOccupant =
  (ask: AskChunks, { connections, repeat }: ChunkServices) =>
  (key: ObjectKey, place: Location, sizeBytes: number): Effect.Effect<Option.Option<Occupant>, ConnectError> =>
    Effect.flatMap(repeat(connections.use(place, (opened) => opened.gets.request(key, sizeBytes))), (found) => {
      if (Option.isSome(found)) return Effect.succeedSome<Occupant>({ _tag: "Plain", data: found.value })
      return Effect.map(
        ask(place, (store) => store.find(key)),
        Option.flatMap((form): Option.Option<Occupant> => {
          if (form._tag === "Plain") return Option.none()
          return Option.some({ ...form, version: statedVersion(form.manifest) })
        }),
      )
    })

/** Looks at what lies at a place. */
export type FindOccupant = ReturnType<typeof makeFindOccupant>
