import * as fs from "node:fs/promises"
import { codeOf } from "./folderError.ts"

/** Windows opens no directory, and journals its renames; some file systems sync none; some may be entered and not read. */
const cannot = new Set(["EACCES", "EBADF", "EINVAL", "EISDIR", "ENOSYS", "ENOTSUP", "EPERM"])

/** Waits until what a directory names is on disk, as far as the system can do that. Rejects where the disk fails. */
export const syncDirectory = async (directory: string): Promise<void> => {
  let handle: fs.FileHandle | undefined
  try {
    handle = await fs.open(directory, "r")
    await handle.sync()
  } catch (thrown) {
    // One that a delete has removed as empty names nothing any more.
    if (!cannot.has(codeOf(thrown)) && codeOf(thrown) !== "ENOENT") throw thrown
  } finally {
    await handle?.close()
  }
}
