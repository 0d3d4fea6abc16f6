import type { CacheInvalidation } from "@framedb/core"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A channel as its suite needs it: to be joined many times, broken and healed. */
export class CacheInvalidationUnderTest extends Context.Service<
  CacheInvalidationUnderTest,
  {
    /** Joins as another process would, for the scope. */
    readonly join: Effect.Effect<CacheInvalidation["Service"], never, Scope.Scope>
    /** Breaks the channel for everyone, until `heal`. */
    readonly break: Effect.Effect<void>
    readonly heal: Effect.Effect<void>
  }
>()("@framedb/testing/CacheInvalidationUnderTest") {}
