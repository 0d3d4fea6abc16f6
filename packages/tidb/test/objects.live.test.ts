import { defaultChunkTimes } from "@framedb/core"
import { ObjectStoreUnderTest, objectStoreSuite } from "@framedb/testing/conformance"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as SqlChunkStore from "../src/chunks/SqlChunkStore.ts"
import { openDatabase } from "../src/openDatabase.ts"
import * as SqlObjectStore from "../src/SqlObjectStore.ts"
import { parseSqlUrl } from "../src/SqlUrl.ts"
import { limitsOf } from "../src/storeRules.ts"
import { openTable, type Table } from "../src/Table.ts"
import { settingsOf } from "../src/TiDBOptions.ts"
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

/** A store that was told something else of its table than what is true, so that it takes a path of another server. */
const storeToldOf = (told: Partial<Table>) =>
  Layer.effect(
    ObjectStoreUnderTest,
    Effect.gen(function* () {
      const url = yield* freshDatabase(provided().sqlUrl)
      const client = yield* openDatabase({
        address: Result.getOrThrow(parseSqlUrl(Redacted.make(url))),
        tls: { mode: "disabled", ssl: undefined },
        settings: settingsOf({}),
        instance: "sql-under-test",
      })
      const table = { ...(yield* openTable(client)), ...told }
      const limits = limitsOf(settingsOf({}), table)
      const chunks = SqlChunkStore.make({ client, table, limits, times: defaultChunkTimes })
      return SqlObjectStore.make(client, table, limits, chunks)
    }),
  )

objectStoreSuite("SQL objects on a server without DELETE … RETURNING", {
  layer: storeToldOf({ hasReturning: false }),
  capability,
})

objectStoreSuite("SQL objects written as on a folding column", { layer: storeToldOf({ isExact: false }), capability })
