export * as faults from "./faults/index.ts"
export * from "./harness/index.ts"
export * from "./published/index.ts"
export * from "./s3/index.ts"
