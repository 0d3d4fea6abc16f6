/** All programs over the ports, as one layer. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { InvalidArgument } from "../errors/InvalidArgument.ts"
import type { ClusterRegistry } from "../ports/ClusterRegistry.ts"
import type { ObjectCache } from "../ports/ObjectCache.ts"
import type { ObjectRouting } from "../ports/ObjectRouting.ts"
import type { RedisBackend } from "../ports/RedisBackend.ts"
import type { StreamRouting } from "../ports/StreamRouting.ts"
import type { TiDBBackend } from "../ports/TiDBBackend.ts"
import * as BackupOperations from "./backups/BackupOperations.ts"
import * as Coherence from "./coherence/Coherence.ts"
import * as CopyOperations from "./copies/CopyOperations.ts"
import * as FrameDB from "./FrameDB.ts"
import { defaultOptions, type FrameDBOptions, optionNames, problemOfOptions } from "./FrameDBOptions.ts"
import * as Connections from "./instances/Connections.ts"
import * as ObjectReader from "./objects/ObjectReader.ts"
import * as ObjectWriter from "./objects/ObjectWriter.ts"
import * as QueueOperations from "./queues/QueueOperations.ts"
import * as Routes from "./routes/Routes.ts"
import * as Stats from "./stats/Stats.ts"
import * as SteadyClock from "./steadyClock.ts"

/** Everything that the programs need. */
export type Ports = ClusterRegistry | ObjectCache | ObjectRouting | RedisBackend | StreamRouting | TiDBBackend

/** What the layer provides: the service, and the parts of it that the Promise client calls without a fiber. */
export type Programs =
  | FrameDB.FrameDB
  | ObjectReader.ObjectReader
  | ObjectWriter.ObjectWriter
  | QueueOperations.QueueOperations
  | BackupOperations.BackupOperations
  | CopyOperations.CopyOperations
  | Connections.Connections
  | Routes.Routes
  | Stats.Stats

/** The options of the programs among those of a larger record. */
export const pickOptions = (options: Partial<FrameDBOptions>): Partial<FrameDBOptions> =>
  // Each name is taken over with its own value.
  Object.fromEntries(optionNames.map((name) => [name, options[name]])) as Partial<FrameDBOptions>

/** How options are called in an error. */
type NameOf = (name: string) => string

/**
 * Fills in the defaults, or gives the error to fail with, which calls options as `nameOf` does. An option that is `undefined` is
 * left out.
 */
export const completeOptions = (
  options: Partial<FrameDBOptions>,
  nameOf?: NameOf,
): FrameDBOptions | InvalidArgument => {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return problemOfOptions(given, nameOf) ?? { ...defaultOptions, ...given }
}

/**
 * Provides the programs over whatever implements the ports. Where they are provided too, backups use an `ObjectStorage`, and
 * a `CacheInvalidation` keeps the cache coherent with those of other processes; `Traffic` that is provided to them and to the
 * layers of the ports counts what both send.
 */
export const layer = (
  options: Partial<FrameDBOptions> = {},
  nameOf?: NameOf,
): Layer.Layer<Programs, InvalidArgument, Ports> => {
  const complete = completeOptions(options, nameOf)
  if (complete instanceof InvalidArgument) return Layer.effectContext(Effect.fail(complete))
  // Of one clock: the reader compares its time with theirs.
  const instances = Layer.provide(Layer.merge(Connections.layer(complete), Routes.layer(complete)), SteadyClock.layer)
  const operations = Layer.mergeAll(
    Layer.provide(ObjectReader.layer(complete), SteadyClock.layer),
    ObjectWriter.layer(complete),
    QueueOperations.layer(complete),
  )
  return FrameDB.layer(complete).pipe(
    Layer.provideMerge(Layer.merge(BackupOperations.layer(complete), CopyOperations.layer(complete))),
    Layer.provideMerge(Layer.merge(operations, Stats.layer)),
    Layer.provideMerge(Coherence.layer),
    Layer.provideMerge(instances),
    Layer.provideMerge(Stats.givenOrOwnTraffic),
  )
}
