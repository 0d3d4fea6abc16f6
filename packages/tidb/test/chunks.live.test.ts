import { ChunksUnderTest, chunkStoreSuite, chunkTimesUnderTest } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { freshDatabase, open } from "./support.ts"

const { leaseMillis, graceMillis } = chunkTimesUnderTest

const chunksOn = (...statements: ReadonlyArray<string>) =>
  Layer.effect(
    ChunksUnderTest,
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl, ...statements)
      return yield* open(url, { chunkLeaseMillis: leaseMillis, chunkGraceMillis: graceMillis })
    }),
  )

chunkStoreSuite("chunks in SQL tables", { layer: chunksOn() })

chunkStoreSuite("chunks beside a table whose keys are bytes", {
  layer: chunksOn("CREATE TABLE data_table (`key` VARBINARY(1020) PRIMARY KEY, data LONGBLOB)"),
})
