/** The cluster registry's entries of database instances: the same endpoints for Redis and for SQL instances. */

import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { collectionPaths } from "./paths.ts"
import { Acknowledged, Created, dataOf, failures as error, WireFilter, WireInstance } from "./wire.ts"

const instances = dataOf(Schema.Array(WireInstance))

const read = HttpApiEndpoint.get("read", "/:id", {
  params: { id: Schema.String },
  success: dataOf(WireInstance),
  error,
})

const ofCluster = HttpApiEndpoint.get("ofCluster", "/cluster/:clusterId", {
  params: { clusterId: Schema.String },
  success: instances,
  error,
})

const ofNode = HttpApiEndpoint.get("ofNode", "/cluster/:clusterId/node/:nodeId", {
  params: { clusterId: Schema.String, nodeId: Schema.String },
  success: instances,
  error,
})

const query = HttpApiEndpoint.post("query", "/query", { payload: WireFilter, success: instances, error })

const register = HttpApiEndpoint.post("register", "/", {
  payload: WireInstance,
  success: [Created, Acknowledged],
  error,
}).annotate(OpenApi.Description, "Registers an instance by its URL: 201 for a new one, 200 for one that it replaces.")

const remove = HttpApiEndpoint.delete("remove", "/:id", {
  params: { id: Schema.String },
  success: Acknowledged,
  error,
})

/** Redis instances: objects in memory, and queues. */
export class InstancesApi extends HttpApiGroup.make("instances")
  .add(read, ofCluster, ofNode, query, register, remove)
  .prefix(collectionPaths.instances)
  .annotate(OpenApi.Description, "Redis instances: objects in memory, and queues.") {}

/** SQL instances: objects in TiDB, MySQL or MariaDB. */
export class PersistentInstancesApi extends HttpApiGroup.make("persistentInstances")
  .add(read, ofCluster, ofNode, query, register, remove)
  .prefix(collectionPaths.persistentInstances)
  .annotate(OpenApi.Description, "SQL instances: objects in TiDB, MySQL or MariaDB.") {}
