import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** The caller passed something that can't be used. Nothing was sent or written. */
export class InvalidArgument extends Schema.TaggedError<InvalidArgument>()("InvalidArgument", {
  /** The argument's name as the caller wrote it. */
  argument: Schema.String,
  /** What is wrong and what to pass instead. */
  message: Schema.String,
}) {
  static {
    printable(InvalidArgument)
  }
}
