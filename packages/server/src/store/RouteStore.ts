/** Where the server keeps its entries. Every store passes `test/routeStoreSuite.ts`. */
import { type JsonObject, SafeCause, safeCause } from "@framedb/core"
import type { Collection } from "@framedb/routing"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The store can't be reached, or is too busy to take a change. The same call may succeed later. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  message: Schema.String,
  cause: Schema.optionalKey(Schema.instanceOf(SafeCause)),
}) {}

/** What a driver threw, as a store's error without its arguments and URLs. */
export const toStoreError =
  (operation: string) =>
  (thrown: unknown): StoreError => {
    const cause = safeCause(thrown)
    return new StoreError({ operation, message: cause.message, cause })
  }

/** An entry under its id. The fields hold no `_id`. */
export interface StoredEntry {
  readonly id: string
  readonly fields: JsonObject
}

/** An entry before and after a change. */
export interface Change {
  readonly before: Option.Option<JsonObject>
  readonly after: Option.Option<JsonObject>
}

/** Which entries a page holds: those after an id, with ids that begin with a prefix, in the store's own fixed order. */
export interface PageRequest {
  readonly after?: string | undefined
  readonly prefix?: string | undefined
  readonly limit: number
  /** A store that loads its entries ends the page with the one by which they take so many bytes. */
  readonly maxBytes: number
}

/** A page of entries, fewer than asked for also where it is not the last. */
export interface StoredPage {
  readonly entries: ReadonlyArray<StoredEntry>
  readonly isLast: boolean
}

/** Keeps entries in four collections, by ids that are compared byte by byte. */
export class RouteStore extends Context.Service<
  RouteStore,
  {
    /** Reads at most 256 entries, answering in the order of the ids. */
    readonly readMany: (
      collection: Collection,
      ids: ReadonlyArray<string>,
    ) => Effect.Effect<ReadonlyArray<Option.Option<JsonObject>>, StoreError>
    /**
     * Changes one entry atomically: `next` gets what is there and gives what shall be there, either of which may be
     * `undefined`. It is pure, may be run again when others interfere, and writes nothing where it gives what it got.
     */
    readonly change: (
      collection: Collection,
      id: string,
      next: (current: JsonObject | undefined) => JsonObject | undefined,
    ) => Effect.Effect<Change, StoreError>
    /**
     * Changes at most 256 entries with ids that differ, each atomically, as by `change`, but in few statements. None is
     * removed: where `next` gives `undefined`, there must have been nothing. Where it fails, some may have been changed.
     */
    readonly changeMany: (
      collection: Collection,
      ids: ReadonlyArray<string>,
      next: (current: JsonObject | undefined, id: string) => JsonObject | undefined,
    ) => Effect.Effect<ReadonlyArray<Change>, StoreError>
    /** Reads a page of entries. */
    readonly page: (collection: Collection, request: PageRequest) => Effect.Effect<StoredPage, StoreError>
    /** Succeeds when the store answers. */
    readonly ping: Effect.Effect<void, StoreError>
  }
>()("@framedb/server/RouteStore") {}
