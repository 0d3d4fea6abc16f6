/** Makes directories, in bounded time wherever they are asked for. */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { codeOf } from "./folderError.ts"

/** How often a directory above, which a delete removed as empty, is made again before giving up. */
const attempts = 5

const isThere = async (directory: string, made: Array<string>): Promise<boolean> => {
  try {
    await fs.mkdir(directory)
    made.push(directory)
    return true
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return false
    if (codeOf(thrown) !== "EEXIST") throw thrown
    // A delete may have removed it since.
    const found = await fs.stat(directory).catch(() => undefined)
    if (found?.isDirectory() === false) throw thrown
    return found !== undefined
  }
}

/**
 * Makes a directory and those above it, and gives those that were not there. Node's own way to do that never ends where a file
 * system says that there is no such place to make one in, as `/proc` does.
 */
export const makeDirectory = async (directory: string): Promise<ReadonlyArray<string>> => {
  const made: Array<string> = []
  for (let tried = 1; !(await isThere(directory, made)); tried++) {
    const above = path.dirname(directory)
    if (tried > attempts || above === directory) {
      throw Object.assign(new Error(`no directory can be made at ${directory}`), { code: "ENOENT" })
    }
    made.push(...(await makeDirectory(above)))
  }
  return made
}
