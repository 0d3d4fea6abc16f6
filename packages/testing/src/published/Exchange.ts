/** What the imitation's handlers take and give. */

/** A document as the published services keep it. */
export type Document = { [field: string]: unknown }

/** A request that was routed. */
export interface PublishedRequest {
  readonly method: string
  /** The decoded path, split at its slashes: the published service decodes before it routes. */
  readonly segments: ReadonlyArray<string>
  /** The parsed body; `undefined` where there was none. */
  readonly body: unknown
}

/** An answer in JSON, or the framework's own page. */
export type PublishedAnswer =
  | { readonly status: number; readonly json: Document }
  | { readonly status: number; readonly html: string }

/** A success. */
export const success = (fields: Document, status = 200): PublishedAnswer => ({
  status,
  json: { success: true, ...fields },
})

/** A failure in the envelope. */
export const failure = (status: number, error: string): PublishedAnswer => ({ status, json: { success: false, error } })

const titles: Readonly<Record<number, string>> = {
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
}

/** A page of the web framework. */
export const page = (status: number): PublishedAnswer => {
  const title = `${status} ${titles[status] ?? "Error"}`
  return {
    status,
    html: `<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${titles[status] ?? "Error"}</h1>\n`,
  }
}

/** Narrows a body to an object. */
export const isDocument = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value)
