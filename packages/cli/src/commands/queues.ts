/** Queues by hand. */

import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { FrameDB, type StreamHeaders } from "framedb"
import { readBytes } from "../files/readBytes.ts"
import { endsWithOutput, outlivesOutput, writeLine } from "../files/standardOutput.ts"
import { file, instance, json, max, queue, withFrameDB } from "../flags.ts"
import { given } from "../given.ts"
import { lineFor, say } from "../say.ts"

/** What messages from listeners and from `tail` have in common. */
interface Shown {
  readonly id: string
  readonly headers: StreamHeaders
  readonly data: Uint8Array
  readonly attempts?: number
}

const textOf = (data: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data)
  } catch {
    return undefined
  }
}

/**
 * Bytes that are no text are shown in base64, so that nothing is lost. A message is on its way to whoever reads the output before
 * the next is asked for, by which it would be acknowledged.
 */
const print = ({ id, headers, data, attempts }: Shown, asJson: boolean) => {
  const text = textOf(data)
  if (!asJson) return writeLine(lineFor(process.stdout, `${id}  ${text ?? `${data.length} bytes that are no text`}`))
  const body = text === undefined ? { base64: Buffer.from(data).toString("base64") } : { text }
  return writeLine(lineFor(process.stdout, JSON.stringify({ id, headers, attempts, ...body })))
}

/** `framedb publish QUEUE`. */
export const publish = Command.make(
  "publish",
  {
    queue,
    instance,
    file: file("Where the message is; the standard input by default"),
    header: Flag.KeyValuePair("header").pipe(
      Flag.withDescription("A header, NAME=VALUE; once for each"),
      Flag.optional,
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDescription("Begin the queue as a Redis list, for Python consumers"),
      Flag.withDefault(false),
    ),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const data = yield* readBytes(input.file)
      const encoding = input.list ? ({ encoding: "list" } as const) : {}
      const options = { framedbId: input.instance, ...given({ headers: input.header }), ...encoding }
      yield* say(yield* db.publish(input.queue, data, options))
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(
  Command.withDescription("Add a message at the end of a queue, and print its id"),
  Command.withExamples([{ command: "echo hello | framedb publish greetings -i redis-1 --header from=gate" }]),
)

/** `framedb pull QUEUE`. */
export const pull = Command.make(
  "pull",
  { queue, instance, json, max: max("The most to take") },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const messages = db.pullAllStreamData(input.queue, input.instance)
      const wanted = Option.isSome(input.max) ? Stream.take(messages, input.max.value) : messages
      yield* Stream.runForEach(wanted, (message) => print(message, input.json))
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("Take everything that is in a queue now"))

/** `framedb tail QUEUE`. */
export const tail = Command.make(
  "tail",
  {
    queue,
    instance,
    json,
    from: Flag.Literals("from", ["now", "beginning"]).pipe(
      Flag.withDescription("Where to begin"),
      Flag.withDefault("now"),
    ),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const messages = db.tail(input.queue, input.instance, { from: input.from })
      yield* Stream.runForEach(messages, (message) => print(message, input.json))
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("Follow a queue without taking from it, until interrupted"))

/** `framedb queue-info QUEUE`. */
export const queueInfo = Command.make(
  "queue-info",
  {
    queue,
    instance,
    json,
    group: Flag.String("group").pipe(Flag.withDescription("Whose view it is"), Flag.optional),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const info = yield* db.queueInfo(input.queue, input.instance, given({ group: input.group }))
      if (input.json) return yield* say(JSON.stringify(info))
      for (const [name, value] of Object.entries(info)) yield* say(`${name}: ${value ?? "-"}`)
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("Look at a queue: length, pending, oldest age, consumers, dead letters"))

/** `framedb redrive QUEUE`. */
export const redrive = Command.make(
  "redrive",
  { queue, instance, max: max("The most to put back") },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const options = given({ maxMessages: input.max })
      yield* say(`${yield* db.redrive(input.queue, input.instance, options)} put back`)
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Put dead letters back at the end of their queue"))
