/** Flags and arguments that several commands share. */

import { Argument, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FrameDBLive } from "framedb"

/** The key of an object. */
export const key = Argument.String("key").pipe(Argument.withDescription("The object's key"))

/** The name of a queue. */
export const queue = Argument.String("queue").pipe(Argument.withDescription("The queue's name"))

/** The instance to use. */
export const instance = Flag.String("instance").pipe(
  Flag.withAlias("i"),
  Flag.withDescription("The id of the instance"),
)

/** The kind of instance to use. */
export const type = Flag.Literals("type", ["in-memory", "storage"]).pipe(
  Flag.withAlias("t"),
  Flag.withDescription("The kind of instance: in-memory is Redis, storage is SQL"),
)

/** A flag that names a file or a folder: the empty path, of a variable that is not set say, would be the current folder. */
export const pathFlag = (name: string) =>
  Flag.String(name).pipe(
    Flag.withSchema(Schema.String.check(Schema.isNonEmpty({ message: "a path that is not empty" }))),
  )

/** A file to read or to write. */
export const file = (description: string) =>
  pathFlag("file").pipe(Flag.withAlias("f"), Flag.withDescription(description), Flag.optional)

/** The most of something. */
export const max = (description: string) =>
  Flag.Int("max").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isGreaterThan(0))),
    Flag.withDescription(description),
    Flag.optional,
  )

/** Output for programs. */
export const json = Flag.Boolean("json").pipe(Flag.withDescription("One JSON document a line"), Flag.withDefault(false))

/** A rehearsal. */
export const dryRun = Flag.Boolean("dry-run").pipe(
  Flag.withDescription("Say what would be done, and change nothing"),
  Flag.withDefault(false),
)

/** Provides FrameDB as the environment says. */
export const withFrameDB = Effect.provide(FrameDBLive.layerConfig)
