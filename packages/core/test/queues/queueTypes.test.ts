import { expectTypeOf, it } from "@effect/vitest"
import type {
  BackendError,
  InstanceNotFound,
  InvalidArgument,
  ObjectTooLarge,
  Queues,
  StreamMessage,
  TailMessage,
} from "@framedb/core"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"

type Expected = BackendError | InstanceNotFound | InvalidArgument

it("says exactly what each operation of a queue can fail with, and needs nothing", () => {
  type Operations = Queues.Queues
  expectTypeOf<ReturnType<Operations["listenForStreamData"]>>().toEqualTypeOf<Stream.Stream<StreamMessage, Expected>>()
  expectTypeOf<ReturnType<Operations["pullAllStreamData"]>>().toEqualTypeOf<Stream.Stream<StreamMessage, Expected>>()
  expectTypeOf<ReturnType<Operations["tail"]>>().toEqualTypeOf<Stream.Stream<TailMessage, Expected>>()
  expectTypeOf<ReturnType<Operations["publish"]>>().toEqualTypeOf<Effect.Effect<string, Expected | ObjectTooLarge>>()
  expectTypeOf<StreamMessage["ack"]>().toEqualTypeOf<Effect.Effect<boolean, BackendError>>()
})
