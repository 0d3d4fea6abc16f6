/** What is wrong with a file, in words that say what to change. */
import * as Data from "effect/Data"
import { InvalidArgument } from "framedb"

/** A file, or the standard output, could not take everything that was to be written. */
export class FileFailed extends Data.TaggedError("FileFailed")<{ readonly message: string }> {}

/** What to change, by the code of the system's error. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "its permissions don't allow it: change them, or name another file",
  EDQUOT: "your quota is used up: make room, or name a file elsewhere",
  EFBIG: "it may not become so large: raise the limit (ulimit -f), or name a file elsewhere",
  EISDIR: "it is a folder: name a file in it",
  ELOOP: "its links lead back to themselves: name the file itself",
  EMFILE: "this process may open no more files: raise the limit (ulimit -n)",
  ENAMETOOLONG: "the name is too long: shorten it",
  ENOENT: "it, or its folder, does not exist: look at the spelling, or make it first",
  ENOSPC: "the disk is full: make room, or name a file elsewhere",
  ENOTDIR: "a part of its path is a file: look at the spelling",
  EPERM: "the system doesn't allow it: name another file",
  EPIPE: "whoever read it has gone: start the reader again",
  EROFS: "its file system can only be read: name a file elsewhere",
}

const why = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const code = "code" in cause ? String(cause.code) : ""
  return advice[code] ?? cause.message
}

/** Gives the error for a file that can't be opened or read. */
export const unusable = (path: string) => (cause: unknown) =>
  new InvalidArgument({ argument: "file", message: `${path} can't be used: ${why(cause)}` })

/** Gives the error for a file that was opened, and could not be written to its end. */
export const unwritten = (path: string) => (cause: unknown) =>
  new FileFailed({ message: `${path} was not written: ${why(cause)}` })
