/** SQL instances in this process's memory: the data lives as long as the layer, whatever connections come and go. */
import * as Layer from "effect/Layer"
import { TiDBBackend } from "../ports/TiDBBackend.ts"
import * as MemoryBackend from "./MemoryBackend.ts"

/** How in-memory SQL instances behave. */
export interface MemoryTiDBBackendOptions extends MemoryBackend.MemoryBackendOptions {}

/** Makes a backend without any instance; one comes into being when it is first opened. */
export const make = (options: MemoryTiDBBackendOptions = {}): TiDBBackend["Service"] =>
  MemoryBackend.make("sql", options)

/** Provides in-memory SQL instances. Each build of the layer has its own. */
export const layer = (options: MemoryTiDBBackendOptions = {}): Layer.Layer<TiDBBackend> =>
  Layer.sync(TiDBBackend, () => make(options))
