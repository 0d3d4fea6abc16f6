import type { BackendError } from "./BackendError.ts"
import type { InstanceNotFound } from "./InstanceNotFound.ts"
import type { IntegrityError } from "./IntegrityError.ts"
import type { InvalidArgument } from "./InvalidArgument.ts"
import type { ObjectNotFound } from "./ObjectNotFound.ts"
import type { ObjectTooLarge } from "./ObjectTooLarge.ts"
import type { SerializationError } from "./SerializationError.ts"

/** Everything that an operation of FrameDB can fail with. Each operation's type lists its own part of it. */
export type FrameDBError =
  | BackendError
  | InstanceNotFound
  | IntegrityError
  | InvalidArgument
  | ObjectNotFound
  | ObjectTooLarge
  | SerializationError
