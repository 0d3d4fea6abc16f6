import { ObjectStoreUnderTest, objectStoreSuite } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { freshDatabase, open } from "./support.ts"

const capability = { inlineBytes: 4 * 1024 * 1024, keyCharacters: 255 }

/** A store on a table that is created as given, or by the backend where nothing is. */
const storeOn = (...statements: ReadonlyArray<string>) =>
  Layer.effect(
    ObjectStoreUnderTest,
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl, ...statements)
      const connection = yield* open(url)
      return connection.objects
    }),
  )

objectStoreSuite("SQL objects in the table that the backend creates", { layer: storeOn(), capability })

objectStoreSuite("SQL objects in a table whose keys are bytes", {
  layer: storeOn("CREATE TABLE data_table (`key` VARBINARY(1020) PRIMARY KEY, data LONGBLOB)"),
  capability,
})
