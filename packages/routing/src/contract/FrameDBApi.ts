import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import { HealthApi } from "./HealthApi.ts"
import { InstancesApi, PersistentInstancesApi } from "./InstancesApi.ts"
import { ObjectsApi } from "./ObjectsApi.ts"
import { StreamsApi } from "./StreamsApi.ts"

/** The HTTP contract of routing service and registry: what the published services have, and our extensions. */
export class FrameDBApi extends HttpApi.make("framedb")
  .add(ObjectsApi, StreamsApi, InstancesApi, PersistentInstancesApi, HealthApi)
  .annotateMerge(
    OpenApi.annotations({
      title: "FrameDB routing service and cluster registry",
      version: "1",
      description:
        'Success is `{"success": true, …}`, failure `{"success": false, "error": …}`. Every answer carries the header `framedb-extensions`.',
    }),
  ) {}
