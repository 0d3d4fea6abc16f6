/** Which objects a command is about: keys as arguments, keys of a file, or all that begin with a prefix. */
import { Argument, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BackendError, type FrameDB, InvalidArgument } from "framedb"
import { linesOf } from "./files/readBytes.ts"
import { pathFlag } from "./flags.ts"

/** The arguments and flags. */
export const keyFlags = {
  keys: Argument.String("key").pipe(Argument.withDescription("Keys"), Argument.variadic({ min: 0 })),
  prefix: Flag.String("prefix").pipe(
    Flag.withDescription("Every object whose key begins so; '' is every object"),
    Flag.optional,
  ),
  keysFrom: pathFlag("keys-from").pipe(
    Flag.withDescription("A file with a key a line; - is the standard input"),
    Flag.optional,
  ),
}

/** What the flags gave. */
export interface KeySelection {
  readonly keys: ReadonlyArray<string>
  readonly prefix: Option.Option<string>
  readonly keysFrom: Option.Option<string>
}

/** Keys, and how many there will be where that is known beforehand. */
export interface SelectedKeys<E> {
  readonly keys: Stream.Stream<string, E | InvalidArgument>
  readonly total: number | undefined
}

/** How a prefix becomes keys: what is listed differs between objects and their backups. */
export type ListKeys<E> = (prefix: string) => Stream.Stream<string, E | InvalidArgument>

/** The keys of stored objects that begin with a prefix. */
export const listedKeys =
  (db: FrameDB["Service"]): ListKeys<BackendError> =>
  (prefix) =>
    Stream.map(db.listObjects({ prefix }), ({ key }) => key)

/** The keys, which have to be asked for in exactly one way. */
export const selectKeys = <E>(
  { keys, prefix, keysFrom }: KeySelection,
  list: ListKeys<E>,
): Effect.Effect<SelectedKeys<E>, InvalidArgument> => {
  const ways = [keys.length > 0, Option.isSome(prefix), Option.isSome(keysFrom)].filter(Boolean).length
  if (ways !== 1) {
    const message = "say which objects, in one way: KEY…, --prefix or --keys-from"
    return Effect.fail(new InvalidArgument({ argument: "keys", message }))
  }
  if (Option.isSome(prefix)) return Effect.succeed({ keys: list(prefix.value), total: undefined })
  if (Option.isSome(keysFrom)) return Effect.succeed({ keys: linesOf(keysFrom.value), total: undefined })
  return Effect.succeed({ keys: Stream.fromIterable(keys), total: keys.length })
}
