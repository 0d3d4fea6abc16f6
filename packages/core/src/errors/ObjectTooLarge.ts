import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** The object is larger than what may be written or loaded whole. Nothing was written. */
export class ObjectTooLarge extends Schema.TaggedError<ObjectTooLarge>()("ObjectTooLarge", {
  key: Schema.String,
  sizeBytes: Schema.Finite,
  limitBytes: Schema.Finite,
}) {
  static {
    printable(ObjectTooLarge)
  }

  override get message(): string {
    return `the object ${JSON.stringify(this.key)} has ${this.sizeBytes} bytes, the limit is ${this.limitBytes}`
  }
}
