/** A registry in this process's memory: by default every instance exists, in both kinds. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { FramedbId } from "../domain/FramedbId.ts"
import type { InstanceKind } from "../domain/FramedbType.ts"
import type { Instance } from "../domain/Instance.ts"
import type { JsonObject } from "../domain/Metadata.ts"
import { ClusterRegistry } from "../ports/ClusterRegistry.ts"
import { copyJson } from "./copyJson.ts"

/** An instance that the registry knows. */
export interface MemoryInstance {
  readonly framedbId: string
  readonly kind: InstanceKind
  /** The cluster that the instance belongs to; none by default. */
  readonly clusterId?: string
  /** Empty by default. */
  readonly metadata?: JsonObject
}

/** Which instances exist. */
export interface MemoryClusterRegistryOptions {
  /**
   * The instances that exist, and no others. Left out, every id exists in both kinds, and a copy goes to the `storage` instance
   * of its target's id unless the call says which is meant.
   */
  readonly instances?: ReadonlyArray<MemoryInstance>
}

const describe = ({ framedbId, kind, clusterId, metadata }: MemoryInstance, isSupposed: boolean): Instance => ({
  framedbId: FramedbId.make(framedbId),
  kind,
  // Names no server. Each instance has its own, since open connections are told apart by id and URL.
  url: Redacted.make(`memory://${kind}/${encodeURIComponent(framedbId)}`),
  clusterId,
  metadata: copyJson(metadata ?? {}),
  isSupposed,
})

/** Makes a registry of the given instances. */
export const make = (options: MemoryClusterRegistryOptions = {}): ClusterRegistry["Service"] => {
  const isOpen = options.instances === undefined
  const find = (framedbId: FramedbId, kind: InstanceKind): MemoryInstance | undefined =>
    options.instances === undefined
      ? { framedbId, kind }
      : options.instances.find((instance) => instance.framedbId === framedbId && instance.kind === kind)
  return {
    findInstance: (framedbId, kind) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() =>
          Option.map(Option.fromUndefinedOr(find(framedbId, kind)), (found) => describe(found, isOpen)),
        ),
      ),
  }
}

/** Provides an in-memory registry. */
export const layer = (options: MemoryClusterRegistryOptions = {}): Layer.Layer<ClusterRegistry> =>
  Layer.sync(ClusterRegistry, () => make(options))
