/** Objects by hand. */

import * as Console from "effect/Console"
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { FrameDB, InvalidArgument, type JsonObject, type ObjectInfo } from "framedb"
import { readBytes, writeBytes } from "../bytes.ts"
import { instance, json, key, type, withFrameDB } from "../flags.ts"

const decodeJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Json))

const readMetadata = Effect.fnUntraced(function* (text: string) {
  const refuse = () => new InvalidArgument({ argument: "metadata", message: "metadata is a JSON object" })
  const value = yield* Effect.mapError(decodeJson(text), refuse)
  if (typeof value !== "object" || value === null || Array.isArray(value)) return yield* refuse()
  return value as JsonObject // Neither an array nor a scalar.
})

const describe = (info: ObjectInfo): string => {
  const copies = info.copies.length === 0 ? "" : `  copies: ${info.copies.map((copy) => copy.framedbId).join(", ")}`
  return `${info.key}  ${info.sizeBytes} bytes  ${info.type} on ${info.framedbId}${copies}`
}

const print = (info: ObjectInfo, asJson: boolean) => Console.log(asJson ? JSON.stringify(info) : describe(info))

const file = (description: string) =>
  Flag.String("file").pipe(Flag.withAlias("f"), Flag.withDescription(description), Flag.optional)

/** `framedb set KEY`. */
export const set = Command.make(
  "set",
  {
    key,
    instance,
    type,
    json,
    file: file("Where the bytes are; the standard input by default"),
    metadata: Flag.String("metadata").pipe(Flag.withDescription("A JSON object"), Flag.withDefault("{}")),
  },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const metadata = yield* readMetadata(input.metadata)
    const data = yield* readBytes(input.file)
    const info = yield* db.setObject({ key: input.key, data, metadata, framedbId: input.instance, type: input.type })
    yield* print(info, input.json)
  }, withFrameDB),
).pipe(Command.withDescription("Store an object"))

/** `framedb get KEY`. */
export const get = Command.make(
  "get",
  { key, file: file("Where to put the bytes; the standard output by default") },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const { data } = yield* db.getObject(input.key)
    yield* writeBytes(input.file, data)
  }, withFrameDB),
).pipe(Command.withDescription("Read an object"))

/** `framedb stat KEY`. */
export const stat = Command.make(
  "stat",
  { key, json },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const info = yield* db.statObject(input.key)
    yield* print(info, input.json)
    if (!input.json) yield* Console.log(`metadata: ${JSON.stringify(info.metadata)}`)
  }, withFrameDB),
).pipe(Command.withDescription("Say what is known of an object"))

/** `framedb exists KEY`. */
export const exists = Command.make(
  "exists",
  { key },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    yield* Console.log(String(yield* db.objectExists(input.key)))
  }, withFrameDB),
).pipe(Command.withDescription("Say whether an object can be read"))

const optionalOf = <A, Name extends string>(name: Name, option: Option.Option<A>): { readonly [N in Name]?: A } =>
  // A computed key of one name is a record of that name.
  Option.isSome(option) ? ({ [name]: option.value } as { readonly [N in Name]: A }) : {}

/** `framedb list`. */
export const list = Command.make(
  "list",
  {
    json,
    prefix: Flag.String("prefix").pipe(Flag.withDescription("The beginning of the key"), Flag.optional),
    instance: Flag.optional(instance),
    type: Flag.optional(type),
  },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const listed = db.listObjects({
      ...optionalOf("prefix", input.prefix),
      ...optionalOf("framedbId", input.instance),
      ...optionalOf("type", input.type),
    })
    yield* Stream.runForEach(listed, (info) => print(info, input.json))
  }, withFrameDB),
).pipe(Command.withDescription("List objects"), Command.withAlias("ls"))

/** `framedb delete KEY…`. */
export const deleteObjects = Command.make(
  "delete",
  { keys: Argument.variadic(key, { min: 1 }) },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    for (const one of input.keys) {
      yield* Console.log((yield* db.deleteObject(one)) ? `${one} is deleted` : `${one} was not there`)
    }
  }, withFrameDB),
).pipe(Command.withDescription("Remove objects with their copies"), Command.withAlias("rm"))
