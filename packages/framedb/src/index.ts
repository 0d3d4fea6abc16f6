// The public surface: this package's own, and what its users need of the others.
export * from "@framedb/core"
export { type ClientLayer, type ClientServices, FrameDBClient } from "./FrameDBClient.ts"
export type { FrameDBLiveOptions } from "./FrameDBLive.ts"
export * as FrameDBLive from "./FrameDBLive.ts"
export type { FrameDBMemoryOptions } from "./FrameDBMemory.ts"
export * as FrameDBMemory from "./FrameDBMemory.ts"
export type { CallOptions } from "./Runner.ts"
