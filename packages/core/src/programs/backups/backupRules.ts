/** What the options of backups may be, but for `keys`, `keep` and `storage`, and for what names an object's place. */
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { anyText, flag, problemOf, type Rules } from "../../errors/OptionRules.ts"
import { boundRules } from "../bulk/boundRules.ts"
import { problemOfRecord } from "../objects/SetObject.ts"
import type { BackupRequest, BackupStorageOptions, PruneRequest, RestoreRequest } from "./BackupOperations.ts"

type Checked = Pick<BackupRequest, "framedbId" | "set" | "base" | "full" | "prefix" | "concurrency" | "bytesInFlight"> &
  Pick<RestoreRequest, "keyPrefix" | "dryRun"> &
  Pick<PruneRequest, "dryRun">

const rules: Rules<Checked> = {
  ...boundRules,
  prefix: anyText,
  framedbId: anyText,
  set: anyText,
  base: anyText,
  full: flag,
  keyPrefix: anyText,
  dryRun: flag,
}

/** The error to fail with where an option can't be used. No operation has all of them; what one does not know it leaves aside. */
export const problemOfBackupOptions = (options: BackupStorageOptions): InvalidArgument | undefined =>
  problemOfRecord("options", options) ?? problemOf<object>(options, rules)
