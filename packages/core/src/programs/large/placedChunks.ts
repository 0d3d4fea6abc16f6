/**
 * The chunks of an instance, reached anew for every exchange: a program that copies from one instance to another never
 * holds one of them while it waits for the other.
 */
import * as Effect from "effect/Effect"
import type { Location } from "../../domain/Location.ts"
import type { ChunkVersion } from "../../domain/Manifest.ts"
import { BackendError, withMaybeApplied } from "../../errors/BackendError.ts"
import type { ChunkStore } from "../../ports/ChunkStore.ts"
import type { ConnectError, Connections } from "../instances/Connections.ts"
import type { OpenInstance } from "../instances/OpenInstance.ts"
import type { retrying } from "../retrying.ts"

/** What programs on chunks need. */
export interface ChunkServices {
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
}

/** Asks the chunk store of a place, again where that may help: every operation of a chunk store is harmless when repeated. */
export type AskChunks = <A>(
  place: Location,
  question: (store: ChunkStore, opened: OpenInstance) => Effect.Effect<A, ConnectError>,
) => Effect.Effect<A, ConnectError>

const withWord = (error: ConnectError, maybeApplied: boolean): ConnectError =>
  error instanceof BackendError ? withMaybeApplied(error, maybeApplied) : error

/** Gives the function that asks. A write that fails in the end says whether any of its attempts may have been applied. */
export const makeAskChunks =
  ({ connections, repeat }: ChunkServices): AskChunks =>
  (place, question) =>
    Effect.suspend(() => {
      let maybeApplied = false
      return connections
        .use(place, (opened) => question(opened.connection.chunks, opened))
        .pipe(
          Effect.mapError((error) => {
            maybeApplied ||= error instanceof BackendError && error.maybeApplied
            return withWord(error, false)
          }),
          repeat,
          Effect.mapError((error) => withWord(error, maybeApplied)),
        )
    })

/** A version at a place. */
export interface PlacedVersion {
  readonly place: Location
  readonly version: ChunkVersion
}
