import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** No object has this key: the routing service was asked and has no entry, or no instance holds the bytes it names. */
export class ObjectNotFound extends Schema.TaggedError<ObjectNotFound>()("ObjectNotFound", {
  key: Schema.String,
}) {
  static {
    printable(ObjectNotFound)
  }

  override get message(): string {
    return `no object has the key ${JSON.stringify(this.key)}`
  }
}
