import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { ChunkVersion } from "../domain/Manifest.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"

/** What a store of chunks can hold and how it likes to be asked. */
export interface ChunkLimits {
  /** The length of every chunk but the last, in bytes. */
  readonly chunkBytes: number
  /** The most chunks of an object; with `chunkBytes` the largest object. */
  readonly maxChunks: number
  /** How many chunks under way at once serve the store best. */
  readonly chunksInFlight: number
  /** How often a version that is being written has to be extended, in milliseconds: well before its lease ends. */
  readonly extendMillis: number
}

/** How long what nobody refers to is kept, in milliseconds. */
export interface ChunkTimes {
  /** How long a version that is being written outlives its writer's last word. Default 10 minutes. */
  readonly leaseMillis: number
  /** How long the chunks of a version that was replaced or removed stay for those who read it. Default 10 minutes. */
  readonly graceMillis: number
}

/** The defaults: longer than any pause of a healthy writer, and than reading most objects takes. */
export const defaultChunkTimes: ChunkTimes = { leaseMillis: 600_000, graceMillis: 600_000 }

/** Names a chunk: the key and the version of its object, and its place from 0. */
export interface ChunkName {
  readonly key: ObjectKey
  readonly version: ChunkVersion
  readonly index: number
}

/**
 * A part of an object. The store reads `data` until the call has ended, after a failure or an interruption even longer, and
 * never changes it.
 */
export interface Chunk extends ChunkName {
  readonly data: Uint8Array
}

/** Every chunk of a version below a bound. */
export interface ChunkRange {
  readonly key: ObjectKey
  readonly version: ChunkVersion
  readonly chunks: number
}

/** A whole version that shall become the object of a key. */
export interface ChunkCommit extends ChunkRange {
  /** The manifest as it is written down. All chunks have been put. */
  readonly manifest: string
  /** Only where the key holds nothing but this version. Default: whatever it holds is replaced. */
  readonly isInsert?: boolean
}

/** What became of a commit: `expired` where its lease has ended and chunks may be gone, `occupied` where an insert found something. */
export type CommitOutcome = "committed" | "expired" | "occupied"

/** What a key holds: plain bytes, which always win, or a manifest. */
export type StoredForm =
  | { readonly _tag: "Plain"; readonly sizeBytes: number }
  | { readonly _tag: "Chunked"; readonly manifest: string }

/** Which object of a key to remove. */
export type RemoveCondition =
  /** Whatever is there. */
  | { readonly _tag: "Any" }
  /** Only this version. */
  | { readonly _tag: "Only"; readonly version: ChunkVersion }
  /** Whatever is there but this version. */
  | { readonly _tag: "Unless"; readonly version: ChunkVersion }
  /** Only a manifest that plain bytes have made void; the bytes stay. */
  | { readonly _tag: "Shadowed" }

/** What a step of collecting garbage did. */
export interface CollectStep {
  /** How many versions this step began to remove, or will be removed after their grace because of it. */
  readonly versions: number
  /** Whether there may be more to do. */
  readonly hasMore: boolean
}

/**
 * Objects in chunks, beside the plain objects of the same instance.
 *
 * A version's chunks are immutable and named by it. They become a key's object all at once, by `commit`, which in the same
 * transaction removes plain bytes. Plain bytes that anybody writes later win at once. Chunks of a version that was
 * replaced or removed stay for `graceMillis`, by the server's clock, then go; so do those of a writer that has died, after
 * `leaseMillis`. Every call is one small exchange within the backend's deadline, and harmless when repeated.
 */
export interface ChunkStore {
  readonly limits: ChunkLimits
  /** What a key holds, in one consistent look. */
  readonly find: (key: ObjectKey) => Effect.Effect<Option.Option<StoredForm>, BackendError>
  /** Begins a version; the chunks of the range may be put from now on, until the lease ends. */
  readonly begin: (range: ChunkRange) => Effect.Effect<void, BackendError>
  /** Extends the lease, and the range of chunks that may be put; `false` where the lease is known to have ended. */
  readonly extend: (range: ChunkRange) => Effect.Effect<boolean, BackendError>
  /** Stores a chunk. */
  readonly put: (chunk: Chunk) => Effect.Effect<void, BackendError>
  /**
   * Makes a version the object of its key, also one that was removed less than `graceMillis` ago. Fails with `InvalidArgument`
   * for a key that the store can't tell apart from another.
   */
  readonly commit: (commit: ChunkCommit) => Effect.Effect<CommitOutcome, BackendError | InvalidArgument>
  /** Removes the chunks of a version that was not committed. */
  readonly discard: (range: ChunkRange) => Effect.Effect<void, BackendError>
  /** Reads a chunk; `None` where it is gone. The bytes are the caller's to keep. */
  readonly get: (chunk: ChunkName) => Effect.Effect<Option.Option<Uint8Array<ArrayBuffer>>, BackendError>
  /** Removes a key's object where the condition holds, and says whether it did. */
  readonly remove: (key: ObjectKey, condition: RemoveCondition) => Effect.Effect<boolean, BackendError>
  /** Removes some of what nobody refers to any more: a bounded step, to be repeated while there is more. */
  readonly collect: Effect.Effect<CollectStep, BackendError>
}
