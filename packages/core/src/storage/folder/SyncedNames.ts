/**
 * That a file is named on disk, and each directory on the way to it.
 *
 * A put that makes directories has to sync what names them, too; so has one that finds a directory which another put, or another
 * process, has made a moment ago. Who has once synced the way to a directory need not do so again.
 */
import { syncDirectory } from "./syncDirectory.ts"

/** The most directories that are remembered, before all are forgotten: some hundred bytes each. */
const maxKnown = 10_000

/** What one storage knows of it. */
export class SyncedNames {
  /** Directories with whose names all those above are on disk. */
  readonly #known = new Set<string>()

  /** Waits until what was put into the last of the directories, each in the one before, is named on disk. */
  async sync(directories: ReadonlyArray<string>, made: ReadonlyArray<string>): Promise<void> {
    const last = directories.at(-1) ?? ""
    for (const directory of made) this.#known.delete(directory)
    if (this.#known.has(last)) return syncDirectory(last)
    await Promise.all(directories.map(syncDirectory))
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.add(last)
  }
}
