/** Objects by hand. */

import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { FrameDB, InvalidArgument, type JsonObject, type ObjectInfo } from "framedb"
import { bytesOf } from "../files/readBytes.ts"
import { endsWithOutput, outlivesOutput } from "../files/standardOutput.ts"
import { writeBytes } from "../files/writeBytes.ts"
import { file, instance, json, key, type, withFrameDB } from "../flags.ts"
import { given } from "../given.ts"
import { say } from "../say.ts"
import { sizeText } from "../units.ts"

const decodeJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Json))

const readMetadata = Effect.fnUntraced(function* (text: string) {
  const refuse = () => new InvalidArgument({ argument: "metadata", message: "metadata is a JSON object" })
  const value = yield* Effect.mapError(decodeJson(text), refuse)
  if (typeof value !== "object" || value === null || Array.isArray(value)) return yield* refuse()
  return value as JsonObject // Neither an array nor a scalar.
})

const describe = (info: ObjectInfo): string => {
  const copies = info.copies.length === 0 ? "" : `  copies: ${info.copies.map((copy) => copy.framedbId).join(", ")}`
  return `${info.key}  ${sizeText(info.sizeBytes)}  ${info.type} on ${info.framedbId}${copies}`
}

const print = (info: ObjectInfo, asJson: boolean) => say(asJson ? JSON.stringify(info) : describe(info))

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
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const metadata = yield* readMetadata(input.metadata)
      const target = { metadata, framedbId: input.instance, type: input.type }
      yield* print(yield* db.writeObject(input.key, bytesOf(input.file), target), input.json)
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(
  Command.withAlias("put"),
  Command.withDescription("Store an object of any size, in place of the one that has the key"),
  Command.withExamples([
    { command: "framedb set report/1 -i sql-1 -t storage -f report.pdf" },
    { command: `tar c photos | framedb set photos.tar -i redis-1 -t in-memory --metadata '{"year": 2026}'` },
  ]),
)

const bound = (name: string, description: string) =>
  Flag.Int(name).pipe(Flag.withDescription(description), Flag.optional)

/** `framedb get KEY`. */
export const get = Command.make(
  "get",
  {
    key,
    file: file("Where to put the bytes; the standard output by default"),
    offset: bound("offset", "The first byte; 0 by default"),
    length: bound("length", "How many bytes; to the end by default"),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const range = given({ offset: input.offset, length: input.length })
      const { stream } = yield* db.readObject(input.key, { range })
      yield* writeBytes(input.file, stream)
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(
  Command.withDescription("Read an object of any size, or a part of it"),
  Command.withExamples([
    { command: "framedb get report/1 -f report.pdf" },
    { command: "framedb get photos.tar | tar x" },
  ]),
)

/** `framedb stat KEY`. */
export const stat = Command.make(
  "stat",
  { key, json },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const info = yield* db.statObject(input.key)
      yield* print(info, input.json)
      if (!input.json) yield* say(`metadata: ${JSON.stringify(info.metadata)}`)
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("Say what is known of an object"))

/** `framedb exists KEY`. */
export const exists = Command.make(
  "exists",
  { key },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      yield* say(String(yield* db.objectExists(input.key)))
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("Say whether an object can be read: true or false"))

/** `framedb list`. */
export const list = Command.make(
  "list",
  {
    json,
    prefix: Flag.String("prefix").pipe(Flag.withDescription("The beginning of the key"), Flag.optional),
    instance: Flag.optional(instance),
    type: Flag.optional(type),
    metadata: Flag.String("metadata").pipe(Flag.withDescription("A JSON object that it matches"), Flag.optional),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const { prefix, instance: framedbId, type } = input
      const metadata = Option.isSome(input.metadata) ? { metadata: yield* readMetadata(input.metadata.value) } : {}
      const listed = db.listObjects({ ...given({ prefix, framedbId, type }), ...metadata })
      yield* Stream.runForEach(listed, (info) => print(info, input.json))
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("List objects, in no order"), Command.withAlias("ls"))

/** `framedb delete KEY…`. */
export const deleteObjects = Command.make(
  "delete",
  { keys: Argument.variadic(key, { min: 1 }) },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      for (const one of input.keys) {
        yield* say((yield* db.deleteObject(one)) ? `${one} is deleted` : `${one} was not there`)
      }
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Remove objects with their copies"), Command.withAlias("rm"))

/** `framedb collect-garbage`. */
export const collectGarbage = Command.make(
  "collect-garbage",
  { instance, type },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const { versions, isDone } = yield* db.collectGarbage({ framedbId: input.instance, type: input.type })
      yield* say(`${versions} left-over versions removed${isDone ? "" : ": there are more, run it again"}`)
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Remove what writers of large objects that died have left on an instance"))
