import { describe, it } from "@effect/vitest"
import { MySqlRouteStore } from "@framedb/server"
import { provided } from "@framedb/testing/provided"
import * as Redacted from "effect/Redacted"
import { routeStoreSuite, twoServers } from "./routeStoreSuite.ts"

const store = () => MySqlRouteStore.layer({ url: Redacted.make(provided().sqlUrl) })

routeStoreSuite("a store on a SQL server", store())

describe("a SQL server that two routing servers share", () => {
  it.live("loses no change of either", () => twoServers(store))
})
