/** `/framedb/objects`. */
import { create, type Documents, query, read, remove, update } from "./collection.ts"
import {
  type Document,
  failure,
  isDocument,
  type PublishedAnswer,
  type PublishedRequest,
  page,
  success,
} from "./Exchange.ts"

const fields = ["framedb_id", "framedb_type", "copies", "size", "metadata"]

const copiesOf = (document: Document): ReadonlyArray<Document> => {
  const copies = document["copies"]
  return Array.isArray(copies) ? copies.filter(isDocument) : []
}

const addCopy = (objects: Documents, id: string, body: unknown): PublishedAnswer => {
  if (!isDocument(body) || typeof body["framedb_id"] !== "string") return failure(400, "framedb_id is required")
  const document = objects.get(id)
  const copies = document === undefined ? [] : copiesOf(document)
  if (document === undefined || copies.some((copy) => copy["framedb_id"] === body["framedb_id"])) {
    return failure(400, "Copy already exists or object not found")
  }
  const copy = { framedb_id: body["framedb_id"], framedb_type: body["framedb_type"] }
  objects.set(id, { ...document, copies: [...copies, copy] })
  return success({ message: "Copy added successfully" })
}

const removeCopy = (objects: Documents, id: string, body: unknown): PublishedAnswer => {
  if (!isDocument(body) || typeof body["framedb_id"] !== "string") return failure(400, "framedb_id is required")
  const document = objects.get(id)
  if (document === undefined) return failure(404, "Object not found")
  const kept = copiesOf(document).filter((copy) => copy["framedb_id"] !== body["framedb_id"])
  if (kept.length === copiesOf(document).length) return failure(400, "No copy found to remove")
  objects.set(id, { ...document, copies: kept })
  return success({ message: "Copy removed successfully" })
}

const copyExists = (objects: Documents, id: string, framedbId: string): PublishedAnswer => {
  const document = objects.get(id)
  const exists = document !== undefined && copiesOf(document).some((copy) => copy["framedb_id"] === framedbId)
  return exists
    ? success({ message: "Copy exists" })
    : { status: 404, json: { success: false, message: "Copy does not exist" } }
}

/** Answers a request whose segments begin after the collection's path. */
export const objectAnswer = (objects: Documents, { method, segments, body }: PublishedRequest): PublishedAnswer => {
  const [id, action, other] = segments
  if (id === undefined) {
    if (method === "POST") return create(objects, body, fields)
    return method === "GET" ? query(objects, body) : page(405)
  }
  if (segments.length === 1) {
    if (method === "GET") return read(objects, id)
    return method === "DELETE" ? remove(objects, id) : page(405)
  }
  if (segments.length === 3 && action === "copy-exists" && other !== undefined) {
    return method === "GET" ? copyExists(objects, id, other) : page(405)
  }
  if (segments.length !== 2) return page(404)
  if (action !== "update" && action !== "add-copy" && action !== "remove-copy") return page(404)
  if (method !== "POST") return page(405)
  if (action === "update") return update(objects, id, body)
  return action === "add-copy" ? addCopy(objects, id, body) : removeCopy(objects, id, body)
}
