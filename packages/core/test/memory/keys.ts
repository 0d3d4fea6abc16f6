import { ObjectKey } from "@framedb/core"

/** A key written in a test, checked as any other. */
export const asKey = (text: string): ObjectKey => ObjectKey.make(text)
