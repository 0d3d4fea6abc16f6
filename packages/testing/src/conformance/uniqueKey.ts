import { randomUUID } from "node:crypto"
import type { ObjectKey } from "@framedb/core"

/**
 * Narrows a text that the suites wrote themselves.
 *
 * The cast holds because every text here is well-formed Unicode of 1 to 1,024 bytes.
 */
export const asKey = (text: string): ObjectKey => text as ObjectKey

/** A key that no other test uses: the label, then a random id. */
export const uniqueKey = (label = "key"): ObjectKey => asKey(`${label}-${randomUUID()}`)

/** Keys that no other test uses. */
export const uniqueKeys = (count: number, label = "key"): ReadonlyArray<ObjectKey> =>
  Array.from({ length: count }, (_, index) => uniqueKey(`${label}-${index}`))
