import { BackendError, backendReason, redactText } from "@framedb/core"
import { classifyS3, type S3Failure } from "./classify.ts"

/** The operations that change what is stored. */
const writes = new Set(["put", "delete"])

const describe = (failure: S3Failure): Error => {
  // The SDK adds advice on further lines, which names hidden fields of its error.
  const message = redactText(failure.message.split("\n")[0] ?? "")
  return Object.assign(new Error(message), { code: failure.code })
}

/** The port's error for a failed call. */
export const toBackendError = (operation: string, failure: S3Failure): BackendError => {
  const { maybeApplied, tag } = classifyS3(failure)
  const reason = backendReason(tag, describe(failure))
  return new BackendError({
    backend: "objectStorage",
    operation,
    reason,
    maybeApplied: maybeApplied && writes.has(operation),
  })
}
