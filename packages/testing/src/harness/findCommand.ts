/** Where a program is. */
import { accessSync, constants } from "node:fs"
import { delimiter, isAbsolute, join } from "node:path"

/** Debian puts servers where only root's PATH looks. */
const systemDirectories = ["/usr/local/sbin", "/usr/sbin", "/sbin"]

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Finds a program by its path, or by its name on the PATH, or where Debian puts servers; `undefined` where it is not installed. */
export const findCommand = (name: string): string | undefined => {
  if (isAbsolute(name)) return isExecutable(name) ? name : undefined
  const directories = (process.env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "")
  return [...directories, ...systemDirectories].map((directory) => join(directory, name)).find(isExecutable)
}
