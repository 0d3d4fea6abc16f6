import * as Schema from "effect/Schema"
import { printable } from "./printable.ts"

/** The registry was asked and knows no instance of this id and kind. */
export class InstanceNotFound extends Schema.TaggedError<InstanceNotFound>()("InstanceNotFound", {
  framedbId: Schema.String,
  kind: Schema.Literals(["redis", "sql"]),
}) {
  static {
    printable(InstanceNotFound)
  }

  override get message(): string {
    return `the registry knows no ${this.kind === "redis" ? "Redis" : "SQL"} instance ${JSON.stringify(this.framedbId)}`
  }
}
