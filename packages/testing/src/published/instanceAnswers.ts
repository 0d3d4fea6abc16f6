/** `/global/framedb/instances` and `/global/framedb/persistent-instances`. */
import {
  type Document,
  failure,
  isDocument,
  type PublishedAnswer,
  type PublishedRequest,
  page,
  success,
} from "./Exchange.ts"
import { matches, problemOfFilter } from "./matches.ts"

/** Answers a request whose segments begin after the collection's path. */
export const instanceAnswer = (
  instances: ReadonlyArray<Document>,
  { method, segments, body }: PublishedRequest,
): PublishedAnswer => {
  const [id, clusterId, node, nodeId] = segments
  const matching = (filter: Document) => success({ data: instances.filter((instance) => matches(instance, filter)) })
  if (segments.length === 1 && id === "query") {
    if (method !== "POST") return page(405)
    const problem = problemOfFilter(body)
    return problem === undefined && isDocument(body) ? matching(body) : failure(400, problem ?? "bad filter")
  }
  if (method !== "GET" && segments.length > 0) return page(405)
  if (segments.length === 1) {
    const found = instances.find((instance) => instance["framedb_id"] === id)
    return found === undefined ? failure(404, "FrameDB instance not found") : success({ data: found })
  }
  if (id !== "cluster") return page(404)
  if (segments.length === 2) return matching({ cluster_id: clusterId })
  return segments.length === 4 && node === "node" ? matching({ cluster_id: clusterId, node_id: nodeId }) : page(404)
}
