/**
 * Where a stored object lies in a folder, and that no link leads out of it.
 *
 * Names can't leave the folder, but a link in it could: one that was unpacked with an archive, say, or left by whoever else may
 * write there. So no link below the folder is followed, wherever it leads; the folder itself may be one. It is looked for before
 * each use, which tells what lies there, and does not protect from a process that puts a link there in between.
 */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { pathPartsOf } from "./FolderName.ts"
import { isAbsent } from "./folderError.ts"
import { makeDirectory } from "./makeDirectory.ts"

/** The path of a stored object. */
export interface FolderPlace {
  readonly file: string
  /** The folder, and those between it and the file, from the top. */
  readonly directories: ReadonlyArray<string>
}

/** The place of a name in a folder. */
export const placeIn = (root: string, name: string): FolderPlace => {
  const parts = pathPartsOf(name)
  let above = root
  const directories = [root]
  for (const part of parts.slice(0, -1)) {
    above = path.join(above, part)
    directories.push(above)
  }
  return { file: path.join(root, ...parts), directories }
}

const linkProblem = (): Error =>
  Object.assign(new Error("a link lies where a file or a folder belongs, and links in the folder are not followed"), {
    code: "ELOOP",
  })

/** Whether something is at a path below a folder that is given by its real path. Rejects where a link is on the way. */
export const isInPlace = async (at: string): Promise<boolean> => {
  const real = await fs.realpath(at).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return undefined
    throw thrown
  })
  if (real !== undefined && real !== at) throw linkProblem()
  return real !== undefined
}

/** Makes a directory below the folder where it is missing, and gives what was made. Rejects where a link is on the way. */
export const makeInPlace = async (directory: string): Promise<ReadonlyArray<string>> => {
  if (await isInPlace(directory)) return []
  let above = path.dirname(directory)
  while (!(await isInPlace(above))) above = path.dirname(above)
  return makeDirectory(directory)
}
