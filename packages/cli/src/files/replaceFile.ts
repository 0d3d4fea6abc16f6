import { randomUUID } from "node:crypto"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname, join } from "node:path"
import type { Sink } from "./Sink.ts"

/** The bits of a mode that are permissions. */
const permissions = 0o7777

/** The permissions of the owner to read and to write: all that a new file has while it is not yet as the one it replaces. */
const ownersOnly = 0o600

/** What a new file may be without a mask. */
const anyone = 0o666

/** The permissions of others than owner and group, as permissions of the group. */
const othersAsGroup = (mode: number): number => (mode & 0o007) << 3

/** What of a mode can be kept by a file that could not be given the group: its members may do what anyone may. */
const withoutGroup = (mode: number): number => (mode & 0o707) | (mode & 0o070 & othersAsGroup(mode))

/** Gives a new file the permissions and, where that is allowed, the owner and the group of the one that it replaces. */
const takeAfter = async (file: fs.FileHandle, { mode, uid, gid }: Stats): Promise<void> => {
  const own = await file.stat()
  if (own.uid !== uid || own.gid !== gid) {
    // Only the system's administrator gives files away; anyone may give them to a group of theirs.
    await file.chown(uid, gid).catch(() => file.chown(own.uid, gid).catch(() => {}))
  }
  const hasGroup = own.gid === gid || (await file.stat()).gid === gid
  // Afterwards, since a change of owner takes bits away.
  await file.chmod(hasGroup ? mode & permissions : withoutGroup(mode))
}

/**
 * Opens a new file beside the one at a path, whose place it takes when it is finished: on the disk, closed, and then renamed.
 * Whatever happens before leaves what was there. `existing` is what is known of a file that is there already: one that may not
 * be written is not replaced either, and nobody who may not read it reads the new one at any time.
 */
export const replaceFile = async (path: string, existing: Stats | undefined): Promise<Sink> => {
  if (existing !== undefined) await fs.access(path, fs.constants.W_OK)
  // A name of its own, since one made of the path's could be too long.
  const aside = join(dirname(path), `.framedb-${randomUUID()}.part`)
  const file = await fs.open(aside, "wx", existing === undefined ? anyone : existing.mode & ownersOnly)
  let isOpen = true
  const close = () => {
    isOpen = false
    return file.close()
  }
  const discard = async () => {
    if (isOpen) await close().catch(() => {})
    await fs.rm(aside, { force: true }).catch(() => {})
  }
  try {
    if (existing !== undefined) await takeAfter(file, existing)
  } catch (thrown) {
    await discard()
    throw thrown
  }
  return {
    write: (piece) => file.writeFile(piece),
    finish: async () => {
      // A crash of the machine after the rename must not find an empty file.
      await file.sync()
      await close()
      await fs.rename(aside, path)
    },
    discard,
  }
}
