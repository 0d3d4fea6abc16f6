/** The error of everything in the harness that starts, stops or prepares a server. */
import * as Schema from "effect/Schema"

/** A server could not be started, stopped or prepared; carries the end of its log, where it has written one. */
export class ServerError extends Schema.TaggedError<ServerError>()("ServerError", {
  /** The server's kind, such as `redis`. */
  server: Schema.String,
  /** What was expected and did not happen, or what to install. */
  problem: Schema.String,
  /** The last lines of the server's output; empty where it has written nothing. */
  log: Schema.String,
}) {
  override get message(): string {
    return this.log === "" ? `${this.server}: ${this.problem}` : `${this.server}: ${this.problem}\n${this.log}`
  }
}
