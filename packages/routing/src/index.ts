// The public surface, listed by hand.
export { FrameDBApi } from "./contract/FrameDBApi.ts"
export { HealthApi } from "./contract/HealthApi.ts"
export { InstancesApi, PersistentInstancesApi } from "./contract/InstancesApi.ts"
export { isDeeperThan } from "./contract/jsonDepth.ts"
export { ObjectsApi } from "./contract/ObjectsApi.ts"
export {
  type Collection,
  collectionPaths,
  entryPath,
  extensionsHeader,
  extensionsVersion,
  isPathSafe,
} from "./contract/paths.ts"
export { StreamsApi } from "./contract/StreamsApi.ts"
export {
  maxBatchBytes,
  maxLookupIds,
  maxPageEntries,
  WireCopy,
  WireCopyName,
  WireCopyOf,
  WireFilter,
  WireInstance,
  WireLookup,
  WireNewCopyOf,
  WireNewCopyOfMany,
  WireObject,
  WireObjectName,
  WireObjectPart,
  WireObjects,
  WirePageRequest,
  WireStream,
  WireStreamName,
  WireStreamPart,
} from "./contract/wire.ts"
export * as HttpRouting from "./HttpRouting.ts"
export { classifyCode, classifyStatus } from "./http/classify.ts"
export { problemOfServiceOptions, type ServiceOptions, serviceDefaults } from "./http/ServiceOptions.ts"
export { registryConfig, routingConfig } from "./http/serviceConfig.ts"
export * as HttpObjectRouting from "./objects/HttpObjectRouting.ts"
export * as HttpClusterRegistry from "./registry/HttpClusterRegistry.ts"
export * as InstanceAdministration from "./registry/InstanceAdministration.ts"
export * as HttpStreamRouting from "./streams/HttpStreamRouting.ts"
