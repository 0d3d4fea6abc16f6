/** `/framedb/streams`: registering and looking up by name are broken, the rest works as for objects. */
import { type Documents, query, remove, update } from "./collection.ts"
import { failure, type PublishedAnswer, type PublishedRequest, page } from "./Exchange.ts"

const broken = failure(500, "'StreamService' object has no attribute 'collection'")

/** Answers a request whose segments begin after the collection's path. */
export const streamAnswer = (streams: Documents, { method, segments, body }: PublishedRequest): PublishedAnswer => {
  const [queue, action] = segments
  if (queue === undefined) {
    if (method === "POST") return broken
    return method === "GET" ? query(streams, body) : page(405)
  }
  if (segments.length === 1) {
    if (method === "GET") return broken
    return method === "DELETE" ? remove(streams, queue) : page(405)
  }
  if (segments.length !== 2 || action !== "update") return page(404)
  return method === "POST" ? update(streams, queue, body) : page(405)
}
