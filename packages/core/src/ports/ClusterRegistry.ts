import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { InstanceKind } from "../domain/FramedbType.ts"
import type { Instance } from "../domain/Instance.ts"
import type { BackendError } from "../errors/BackendError.ts"

/** Knows each instance's URL. Answers are not cached here: `Connections` keeps them for a bounded time. */
export class ClusterRegistry extends Context.Service<
  ClusterRegistry,
  {
    /** Finds an instance; `None` when the registry was asked and has no such id of this kind. */
    readonly findInstance: (
      framedbId: FramedbId,
      kind: InstanceKind,
    ) => Effect.Effect<Option.Option<Instance>, BackendError>
  }
>()("@framedb/core/ClusterRegistry") {}
