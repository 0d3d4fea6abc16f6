import * as Effect from "effect/Effect"
import type { Location } from "../../domain/Location.ts"
import type { ObjectStore } from "../../ports/ObjectStore.ts"
import { bulkKeysOf } from "../bulk/routeBatches.ts"
import type { CopyServices } from "./CopyServices.ts"

/** Items in parts of at most so many. */
const partsOf = <Item>(items: ReadonlyArray<Item>, size: number): ReadonlyArray<ReadonlyArray<Item>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size))

/** Gives the program that asks a place about keys, as many at a time as it takes, in turn: other batches are under way meanwhile. */
export const makeAskInParts =
  ({ connections, repeat }: Pick<CopyServices, "connections" | "repeat">) =>
  <Item, A, E extends { readonly _tag: string }>(
    place: Location,
    items: ReadonlyArray<Item>,
    question: (objects: ObjectStore, items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<A>, E>,
  ) =>
    repeat(
      connections.use(place, ({ connection: { objects } }) => {
        const asked = Effect.forEach(partsOf(items, bulkKeysOf(objects.limits)), (part) => question(objects, part))
        return Effect.map(asked, (parts): ReadonlyArray<A> => parts.flat())
      }),
    )
