// What the compiler promises: checked by tsc, where an expectation that does not hold is an error.
import { describe, expectTypeOf, it } from "@effect/vitest"
import type {
  BackendError,
  FrameDB,
  InstanceNotFound,
  IntegrityError,
  InvalidArgument,
  ObjectNotFound,
  ObjectTooLarge,
  SerializationError,
} from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

type Db = FrameDB["Service"]
type Result<Operation extends keyof Db> = Db[Operation] extends (...args: never) => infer A ? A : never
type ErrorOf<Operation extends keyof Db> =
  Result<Operation> extends Effect.Effect<unknown, infer E, unknown>
    ? E
    : Result<Operation> extends Stream.Stream<unknown, infer E, unknown>
      ? E
      : never
type NeedsOf<Operation extends keyof Db> =
  Result<Operation> extends Effect.Effect<unknown, unknown, infer R> ? R : never

/** What opening an instance can fail with, which is part of nearly everything. */
type Opening = BackendError | InstanceNotFound | InvalidArgument

declare const db: Db
declare const data: Uint8Array

describe("the types of the operations", () => {
  it("list exactly what each can fail with", () => {
    expectTypeOf<ErrorOf<"setObject">>().toEqualTypeOf<Opening | ObjectTooLarge>()
    expectTypeOf<ErrorOf<"getObject">>().toEqualTypeOf<Opening | ObjectNotFound | ObjectTooLarge | IntegrityError>()
    expectTypeOf<ErrorOf<"getObjects">>().toEqualTypeOf<Opening | ObjectTooLarge | IntegrityError>()
    expectTypeOf<ErrorOf<"statObject">>().toEqualTypeOf<BackendError | InvalidArgument | ObjectNotFound>()
    expectTypeOf<ErrorOf<"objectExists">>().toEqualTypeOf<Opening>()
    expectTypeOf<ErrorOf<"deleteObject">>().toEqualTypeOf<Opening>()
    expectTypeOf<ErrorOf<"listObjects">>().toEqualTypeOf<BackendError | InvalidArgument>()
    expectTypeOf<ErrorOf<"setValue">>().toEqualTypeOf<Opening | ObjectTooLarge | SerializationError>()
    expectTypeOf<ErrorOf<"getValue">>().toEqualTypeOf<
      Opening | ObjectNotFound | ObjectTooLarge | IntegrityError | SerializationError
    >()
  })

  it("need nothing beyond the service", () => {
    expectTypeOf<NeedsOf<"setObject" | "getObject" | "getObjects" | "deleteObject">>().toEqualTypeOf<never>()
  })
})

/** Never called: it only has to compile, and what is expected to fail has to fail. */
export const mistakes = (): void => {
  // @ts-expect-error: errors that are left in the channel
  expectNoErrors(db.getObject("key"))
  // @ts-expect-error: one error that was forgotten
  expectNoErrors(Effect.catchTag(db.statObject("key"), ["BackendError", "ObjectNotFound"], () => Effect.succeed(0)))
  expectNoErrors(
    Effect.catchTag(db.statObject("key"), ["BackendError", "InvalidArgument", "ObjectNotFound"], () =>
      Effect.succeed(0),
    ),
  )
  // @ts-expect-error: an error that can't happen
  Effect.catchTag(db.statObject("key"), "SerializationError", () => Effect.succeed(0))
  // @ts-expect-error: a type of older documents
  db.setObject({ data, framedbId: "redis-1", type: "memory" })
  // @ts-expect-error: a type of older documents
  db.setObject({ data, framedbId: "sql-1", type: "persistent" })
  // @ts-expect-error: no instance
  db.setObject({ data, type: "in-memory" })
  // @ts-expect-error: metadata that is not JSON
  db.setObject({ data, framedbId: "redis-1", type: "in-memory", metadata: { when: new Date() } })
  // @ts-expect-error: metadata that is not JSON
  db.setObject({ data, framedbId: "redis-1", type: "in-memory", metadata: { count: 1n } })
  // @ts-expect-error: text is a value, not bytes
  db.setObject({ data: "text", framedbId: "redis-1", type: "in-memory" })
  // @ts-expect-error: objects are not listed by the type of queues
  db.listObjects({ type: "stream" })
}

declare const expectNoErrors: <A>(effect: Effect.Effect<A>) => void
