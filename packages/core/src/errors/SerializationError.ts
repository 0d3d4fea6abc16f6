import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** A value can't be turned into bytes without loss, or bytes can't be turned into a value. */
export class SerializationError extends Schema.TaggedError<SerializationError>()("SerializationError", {
  /** The serializer's name. */
  serializer: Schema.String,
  operation: Schema.Literals(["serialize", "deserialize"]),
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect()),
}) {
  static {
    printable(SerializationError)
  }
}
