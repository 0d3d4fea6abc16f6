import type { BackendError, BackendReasonTag } from "../../errors/BackendError.ts"
import { storageError } from "../storageError.ts"

/** What Node's file system codes say to a caller. What is not here is `Unexpected`. */
const tags: Readonly<Record<string, BackendReasonTag>> = {
  EACCES: "Unauthorized",
  EPERM: "Unauthorized",
  EROFS: "Rejected",
  ENOENT: "Rejected",
  EEXIST: "Rejected",
  ENOSPC: "Rejected",
  EDQUOT: "Rejected",
  EFBIG: "Rejected",
  ENAMETOOLONG: "Rejected",
  ENOTDIR: "Rejected",
  EISDIR: "Rejected",
  ELOOP: "Rejected",
  ENOTSUP: "Rejected",
  EMFILE: "Overloaded",
  ENFILE: "Overloaded",
  EAGAIN: "Overloaded",
  EBUSY: "Overloaded",
  EIO: "Unavailable",
  ESTALE: "Unavailable",
  ETIMEDOUT: "Unavailable",
}

/** The code of a file system's error, or the empty string. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : ""

/** Whether an error says that there is no such file. */
export const isAbsent = (thrown: unknown): boolean => codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR"

/** Says what a file system's error means. A file is written aside and renamed, so what fails before that has not landed. */
export const folderError =
  (operation: string, maybeApplied = false) =>
  (thrown: unknown): BackendError =>
    storageError(operation, tags[codeOf(thrown)] ?? "Unexpected", thrown, maybeApplied)
