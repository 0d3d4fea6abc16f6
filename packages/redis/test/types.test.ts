import type { BackendError, InvalidArgument, RedisBackend } from "@framedb/core"
import { RedisLive } from "@framedb/redis"
import type * as Config from "effect/Config"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { expectTypeOf, test } from "vitest"

test("the layers need nothing, and say what they fail with", () => {
  expectTypeOf(RedisLive.layer()).toEqualTypeOf<Layer.Layer<RedisBackend, InvalidArgument>>()
  expectTypeOf(RedisLive.layerConfig).toEqualTypeOf<Layer.Layer<RedisBackend, InvalidArgument | Config.ConfigError>>()
})

test("opening needs a scope, and says what it fails with", () => {
  type Opening = ReturnType<ReturnType<typeof RedisLive.make>["open"]>
  expectTypeOf<Effect.Error<Opening>>().toEqualTypeOf<BackendError | InvalidArgument>()
  expectTypeOf<Effect.Services<Opening>>().toEqualTypeOf<Scope.Scope>()
})
