// The public surface, listed by hand.
export { maxQueryEntries } from "./entries/entryReads.ts"
export * as FrameDBServer from "./FrameDBServer.ts"
export { maxBodyBytes } from "./http/readBody.ts"
export * as MemoryRouteStore from "./store/MemoryRouteStore.ts"
export * as MySqlRouteStore from "./store/MySqlRouteStore.ts"
export {
  type Change,
  type PageRequest,
  RouteStore,
  type StoredEntry,
  type StoredPage,
  StoreError,
} from "./store/RouteStore.ts"
export * as SqliteRouteStore from "./store/SqliteRouteStore.ts"
