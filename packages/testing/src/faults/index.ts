// Wrappers of ports that make calls fail, wait or lose their answers, listed by hand.
export { type Decide, type Fault, type PortCall, through } from "./Fault.ts"
export { type CallPattern, FaultPlan } from "./FaultPlan.ts"
export { faultyRedis, faultyTiDB } from "./faultyBackends.ts"
export { faultyRegistry } from "./faultyRegistry.ts"
export { faultyRouting } from "./faultyRouting.ts"
export { faultyChunkStore, faultyObjectStore } from "./faultyStores.ts"
