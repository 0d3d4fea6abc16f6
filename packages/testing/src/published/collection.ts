/** The verbs that objects and streams share, with their faults. */
import { randomBytes } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { type Document, failure, isDocument, type PublishedAnswer, success } from "./Exchange.ts"
import { matches, problemOfFilter } from "./matches.ts"

/** Documents by `_id`. */
export type Documents = Map<string, Document>

/** Creates from `_id`, which clients do not send: without one the database makes one up. Other names are dropped. */
export const create = (documents: Documents, body: unknown, fields: ReadonlyArray<string>): PublishedAnswer => {
  if (!isDocument(body)) return failure(400, "No data provided")
  const id = typeof body["_id"] === "string" ? body["_id"] : randomBytes(12).toString("hex")
  if (typeof body["framedb_id"] !== "string") return failure(400, "'framedb_id'")
  if (documents.has(id)) {
    return failure(400, `E11000 duplicate key error collection: framedb.routes index: _id_ dup key: { _id: "${id}" }`)
  }
  documents.set(id, Object.fromEntries(fields.filter((name) => name in body).map((name) => [name, body[name]])))
  return success({ message: "Created successfully", id }, 201)
}

/** Reads one document, `_id` included. */
export const read = (documents: Documents, id: string): PublishedAnswer => {
  const document = documents.get(id)
  return document === undefined ? failure(404, "Not found") : success({ data: { _id: id, ...document } })
}

/** Sets fields one by one, with upsert; says 400 both when it created and when nothing changed. */
export const update = (documents: Documents, id: string, body: unknown): PublishedAnswer => {
  if (!isDocument(body) || Object.keys(body).length === 0) return failure(400, "No data provided")
  const { _id, ...fields } = body
  if (_id !== undefined && _id !== id) return failure(400, "the (immutable) field '_id' was found to have been altered")
  const before = documents.get(id)
  const after = { ...before, ...fields }
  documents.set(id, after)
  if (before === undefined || isDeepStrictEqual(before, after)) return failure(400, "No document found to update")
  return success({ message: "Updated successfully" })
}

/** Removes one document. */
export const remove = (documents: Documents, id: string): PublishedAnswer =>
  documents.delete(id) ? success({ message: "Deleted successfully" }) : failure(404, "Not found")

/** The documents that a filter can match at all: the database has an index on `_id`. */
const candidates = (documents: Documents, { _id }: Document): Iterable<readonly [string, Document]> => {
  const ids = isDocument(_id) ? _id["$in"] : [_id]
  if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string")) return documents
  return [...new Set<string>(ids)].flatMap((id): Array<[string, Document]> => {
    const document = documents.get(id)
    return document === undefined ? [] : [[id, document]]
  })
}

/** Lists what a filter matches, without `_id`. */
export const query = (documents: Documents, body: unknown): PublishedAnswer => {
  const filter = body ?? {}
  const problem = problemOfFilter(filter)
  if (problem !== undefined || !isDocument(filter)) return failure(400, problem ?? "bad filter")
  const found = [...candidates(documents, filter)].filter(([id, document]) => matches({ _id: id, ...document }, filter))
  return success({ data: found.map(([, document]) => document) })
}
