import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** Stored bytes are not the bytes that were written: a length or a digest differs, or a part is missing. */
export class IntegrityError extends Schema.TaggedError<IntegrityError>()("IntegrityError", {
  key: Schema.String,
  message: Schema.String,
}) {
  static {
    printable(IntegrityError)
  }
}
