// The contract of every port, as suites that any implementation can be run on. Importing them needs vitest.

export { ObjectStoreUnderTest } from "./conformance/ObjectStoreUnderTest.ts"
export { type ObjectStoreSuiteOptions, objectStoreSuite } from "./conformance/objectStoreSuite.ts"
