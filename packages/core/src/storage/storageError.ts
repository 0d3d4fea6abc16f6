import { BackendError, type BackendReasonTag, backendReason } from "../errors/BackendError.ts"

/** A failure of an object storage: what was being done, what happened, and whether a write may have landed. */
export const storageError = (
  operation: string,
  tag: BackendReasonTag,
  thrown: unknown,
  maybeApplied = false,
): BackendError =>
  new BackendError({ backend: "objectStorage", operation, reason: backendReason(tag, thrown), maybeApplied })

/** The failure of an operation that the storage's capabilities exclude. */
export const notCapable = (operation: string): BackendError =>
  storageError(operation, "Rejected", `this storage has no ${operation}: see its capabilities`)

/** The failure of a put whose body has another length than was said. */
export const wrongLength = (saidBytes: number, gotBytes: number): BackendError =>
  storageError("put", "Rejected", `the body has ${gotBytes} bytes where ${saidBytes} were announced`)
