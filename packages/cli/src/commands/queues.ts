/** Queues by hand. */

import * as Console from "effect/Console"
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { FrameDB } from "framedb"
import { readBytes } from "../bytes.ts"
import { instance, queue, withFrameDB } from "../flags.ts"

/** A message as a line: its id, and its text where it is one. */
const line = (message: { readonly id: string; readonly data: Uint8Array }): string =>
  `${message.id}  ${new TextDecoder().decode(message.data)}`

/** `framedb publish QUEUE`. */
export const publish = Command.make(
  "publish",
  {
    queue,
    instance,
    file: Flag.String("file").pipe(
      Flag.withDescription("Where the message is; the standard input by default"),
      Flag.optional,
    ),
  },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const data = yield* readBytes(input.file)
    yield* Console.log(yield* db.publish(input.queue, data, { framedbId: input.instance }))
  }, withFrameDB),
).pipe(Command.withDescription("Add a message at the end of a queue"))

/** `framedb pull QUEUE`. */
export const pull = Command.make(
  "pull",
  { queue, instance },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    yield* Stream.runForEach(db.pullAllStreamData(input.queue, input.instance), (message) => Console.log(line(message)))
  }, withFrameDB),
).pipe(Command.withDescription("Take everything that is in a queue now"))

/** `framedb tail QUEUE`. */
export const tail = Command.make(
  "tail",
  {
    queue,
    instance,
    from: Flag.Literals("from", ["now", "beginning"]).pipe(
      Flag.withDescription("Where to begin"),
      Flag.withDefault("now"),
    ),
  },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const messages = db.tail(input.queue, input.instance, { from: input.from })
    yield* Stream.runForEach(messages, (message) => Console.log(line(message)))
  }, withFrameDB),
).pipe(Command.withDescription("Follow a queue without taking from it, until interrupted"))

/** `framedb queue-info QUEUE`. */
export const queueInfo = Command.make(
  "queue-info",
  { queue, instance },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const info = yield* db.queueInfo(input.queue, input.instance)
    for (const [name, value] of Object.entries(info)) yield* Console.log(`${name}: ${JSON.stringify(value)}`)
  }, withFrameDB),
).pipe(Command.withDescription("Look at a queue"))

/** `framedb redrive QUEUE`. */
export const redrive = Command.make(
  "redrive",
  { queue, instance, max: Flag.Int("max").pipe(Flag.withDescription("The most to put back"), Flag.optional) },
  Effect.fnUntraced(function* (input) {
    const db = yield* FrameDB
    const options = Option.isSome(input.max) ? { maxMessages: input.max.value } : {}
    yield* Console.log(`${yield* db.redrive(input.queue, input.instance, options)} put back`)
  }, withFrameDB),
).pipe(Command.withDescription("Put dead letters back at the end of their queue"))
