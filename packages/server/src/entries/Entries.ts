/** What can be done with the entries of one kind, whatever the store. */
import type { RouteStore } from "../store/RouteStore.ts"
import { entryChanges } from "./entryChanges.ts"
import { entryLists, entryLookups, entryQueries } from "./entryReads.ts"
import { missingEntry } from "./entryShape.ts"
import type { EntryKind } from "./kinds.ts"

/** The entries of one kind. */
export type Entries = ReturnType<typeof makeEntries>

/** Opens the entries of a kind in a store. */
export const makeEntries = (store: RouteStore["Service"], kind: EntryKind) => ({
  ...entryLookups(store, kind),
  ...entryQueries(store, kind),
  ...entryLists(store, kind),
  ...entryChanges(store, kind),
  missing: (id: string) => missingEntry(kind, id),
})
