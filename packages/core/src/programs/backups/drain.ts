import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import type { RestoredObject } from "./BackupSource.ts"

/** Reads an object to its end, which is when a stream has been checked. */
export const drain = (object: RestoredObject): Effect.Effect<void, BackendError | IntegrityError> =>
  object.body instanceof Uint8Array ? Effect.void : Stream.runDrain(object.body)
