/** Copies of objects on other instances. */
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { FrameDB } from "framedb"
import { runBulk } from "../bulk.ts"
import { endsWithOutput, outlivesOutput } from "../files/standardOutput.ts"
import { dryRun, json, key, type, withFrameDB } from "../flags.ts"
import { given } from "../given.ts"
import { keyFlags, listedKeys, selectKeys } from "../keys.ts"
import { rehearse } from "../rehearse.ts"
import { say } from "../say.ts"

const create = Command.make(
  "create",
  {
    ...keyFlags,
    to: Flag.String("to").pipe(Flag.withDescription("The id of the instance that gets the copies")),
    type: Flag.optional(type),
    json,
    dryRun,
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const { keys, total } = yield* selectKeys(input, listedKeys(db))
      if (input.dryRun) return yield* endsWithOutput(rehearse(db, keys, { ...input, verb: "copied" }))
      const copying = db.bulkBackupProgress(keys, input.to, given({ targetType: input.type }))
      yield* runBulk(copying, { json: input.json, total, done: "copied", skipped: "copied before" })
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(
  Command.withDescription("Copy objects to another instance; reads fall back to copies, writes keep them true"),
  Command.withExamples([
    { command: "framedb copies create report/1 report/2 --to sql-1" },
    { command: "framedb copies create --prefix frames/ --to redis-2 --dry-run" },
  ]),
)

const remove = Command.make(
  "remove",
  {
    keys: Argument.variadic(key, { min: 1 }),
    from: Flag.String("from").pipe(Flag.withDescription("The id of the instance that loses the copies")),
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      for (const one of input.keys) {
        const wasThere = yield* db.removeCopy(one, input.from)
        yield* say(wasThere ? `the copy of ${one} is removed` : `${one} had no copy there`)
      }
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Remove copies from an instance; the objects stay where they are"))

/** `framedb copies …`. */
export const copies = Command.make("copies").pipe(
  Command.withDescription("Make and remove copies of objects on other instances"),
  Command.withSubcommands([create, remove]),
)
