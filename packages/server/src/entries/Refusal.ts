import * as Schema from "effect/Schema"

/** A request that the server understands and does not do. */
export class Refusal extends Schema.TaggedError<Refusal>()("Refusal", {
  status: Schema.Literals([400, 401, 404, 413]),
  message: Schema.String,
}) {}
