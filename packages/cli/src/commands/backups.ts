/** Backups to object storage, and back. */
import { Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type BackupStorageOptions, FrameDB, type ListedSet } from "framedb"
import { runBulk } from "../bulk.ts"
import { endsWithOutput, outlivesOutput } from "../files/standardOutput.ts"
import { dryRun, instance, json, type, withFrameDB } from "../flags.ts"
import { given } from "../given.ts"
import { type KeySelection, keyFlags, listedKeys, selectKeys } from "../keys.ts"
import { rehearse } from "../rehearse.ts"
import { say } from "../say.ts"
import { storageFlags, storageToRead, storageToWrite } from "../storage.ts"
import { sizeText } from "../units.ts"

const set = (description: string) => Flag.String("set").pipe(Flag.withDescription(description), Flag.optional)

const create = Command.make(
  "create",
  {
    ...keyFlags,
    ...storageFlags,
    set: set("Pack the objects into the set of this name; by default one stored object a key"),
    base: Flag.String("base").pipe(
      Flag.withDescription("Another set, whose unchanged objects are used again"),
      Flag.optional,
    ),
    full: Flag.Boolean("full").pipe(
      Flag.withDescription("Of a set: upload also what is stored already"),
      Flag.withDefault(false),
    ),
    instance: Flag.optional(Flag.withDescription(instance, "Only what this instance holds; other keys fail")),
    json,
    dryRun,
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const { keys, total } = yield* selectKeys(input, listedKeys(db))
      if (input.dryRun) return yield* endsWithOutput(rehearse(db, keys, { ...input, verb: "backed up" }))
      const chosen = given({ set: input.set, base: input.base, framedbId: input.instance })
      const storage = yield* storageToWrite(input)
      const backing = db.backupProgress({ ...storage, ...chosen, full: input.full, keys })
      yield* runBulk(backing, { json: input.json, total, done: "backed up", skipped: "unchanged" })
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(
  Command.withDescription("Back objects up; what is stored already and unchanged is skipped"),
  Command.withExamples([
    { command: "framedb backups create --prefix '' --set nightly", description: "Everything, into a set" },
    { command: "framedb backups create report/1 --folder /backups", description: "One object, into a folder" },
  ]),
)

/** Which backups a command is about. */
interface ChosenBackups {
  readonly set?: string
  readonly keyPrefix?: string
  readonly keys?: ReadonlyArray<string>
}

/** Which backups: with a set, keys and prefix choose among its objects; without one, a prefix is looked up in the storage. */
const chooseBackups = Effect.fnUntraced(function* (
  db: FrameDB["Service"],
  input: KeySelection & { readonly set: Option.Option<string> },
  storage: BackupStorageOptions,
) {
  const isWholeSet = Option.isSome(input.set) && input.keys.length === 0 && Option.isNone(input.keysFrom)
  const wholeSet: ChosenBackups = given({ set: input.set, keyPrefix: input.prefix })
  if (isWholeSet) return wholeSet
  const inStorage = (keyPrefix: string) => Stream.map(db.listBackups({ ...storage, keyPrefix }), ({ key }) => key)
  const { keys } = yield* selectKeys(input, inStorage)
  const named: ChosenBackups = { ...given({ set: input.set }), keys: yield* Stream.runCollect(keys) }
  return named
})

const restore = Command.make(
  "restore",
  {
    ...keyFlags,
    ...storageFlags,
    set: set("The set to restore from; by default what is stored one object a key"),
    instance: Flag.optional(Flag.withDescription(instance, "Where they go; by default to where they were")),
    type: Flag.optional(type),
    json,
    dryRun,
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const storage = yield* storageToRead(input)
      const chosen = yield* chooseBackups(db, input, storage)
      const target = given({ framedbId: input.instance, type: input.type })
      const restoring = db.restoreProgress({ ...storage, ...chosen, ...target, dryRun: input.dryRun })
      const done = input.dryRun ? "can be restored" : "restored"
      yield* runBulk(restoring, { json: input.json, total: chosen.keys?.length, done, skipped: "unchanged" })
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(
  Command.withDescription(
    "Restore objects to where they were, or to an instance; a digest is checked before anything is written",
  ),
  Command.withExamples([
    { command: "framedb backups restore --set nightly --dry-run", description: "Reads and checks, writes nothing" },
    { command: "framedb backups restore report/1 --folder /backups --instance sql-1 --type storage" },
  ]),
)

const verify = Command.make(
  "verify",
  { ...keyFlags, ...storageFlags, set: set("The set to check; by default what is stored one object a key"), json },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const storage = yield* storageToRead(input)
      const chosen = yield* chooseBackups(db, input, storage)
      const checking = db.verifyProgress({ ...storage, ...chosen })
      yield* runBulk(checking, { json: input.json, total: chosen.keys?.length, done: "intact", skipped: "skipped" })
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Read what is backed up and check every digest"))

const setText = (listed: ListedSet): string => {
  if (listed.status === "unfinished") return `${listed.set}  unfinished`
  if (listed.status === "damaged") return `${listed.set}  damaged: ${listed.error.message}`
  return `${listed.set}  ${listed.objects} objects  ${sizeText(listed.bytes)}  ${listed.createdAt}`
}

const list = Command.make(
  "list",
  { ...storageFlags, prefix: keyFlags.prefix, json },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const storage = yield* storageToRead(input)
      const show = (line: string, record: object) => say(input.json ? JSON.stringify(record) : line)
      for (const each of yield* db.listBackupSets(storage)) yield* show(`set ${setText(each)}`, each)
      const keyPrefix = Option.isSome(input.prefix) ? { keyPrefix: input.prefix.value } : {}
      yield* Stream.runForEach(db.listBackups({ ...storage, ...keyPrefix }), (each) =>
        show(`${each.key}  ${each.sizeBytes === undefined ? "" : sizeText(each.sizeBytes)}`, each),
      )
    },
    withFrameDB,
    endsWithOutput,
  ),
).pipe(Command.withDescription("List the sets, then what is stored one object a key"), Command.withAlias("ls"))

const prune = Command.make(
  "prune",
  {
    ...storageFlags,
    keep: Flag.String("keep").pipe(Flag.withDescription("A set that stays; once for each"), Flag.atLeast(1)),
    json,
    dryRun,
  },
  Effect.fnUntraced(
    function* (input) {
      const db = yield* FrameDB
      const storage = yield* storageToRead(input)
      const { names, bytes } = yield* db.pruneBackups({ ...storage, keep: input.keep, dryRun: input.dryRun })
      for (const name of names) yield* say(input.json ? JSON.stringify({ name }) : name)
      const { dryRun } = input
      if (input.json) yield* say(JSON.stringify({ removed: names.length, bytes, dryRun }))
      else yield* say(`${names.length} stored objects, ${sizeText(bytes)}, ${dryRun ? "would be" : "are"} removed`)
    },
    withFrameDB,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Remove every set but those to keep, and what no kept set needs"))

/** `framedb backups …`. */
export const backups = Command.make("backups").pipe(
  Command.withDescription("Back objects up to S3 or a folder, check backups, and restore them"),
  Command.withSubcommands([create, restore, verify, list, prune]),
)
