/** What the signature of a request says of its body: the digest that a header carries, or that there is none. */
type Headers = Record<string, string>

type Say = (headers: Headers, body: unknown) => Promise<void> | void

/** A middleware for the step `build`, which comes before the signature: has it said what that covers of the body. */
export const sayPayload =
  (say: Say) =>
  <Args extends { readonly request: unknown }, A>(next: (args: Args) => Promise<A>) =>
  async (args: Args): Promise<A> => {
    // The SDK's type of a request is unknown here; every request of HTTP has headers.
    const { body, headers } = args.request as { readonly headers: Headers; readonly body?: unknown }
    await say(headers, body)
    return next(args)
  }

const contentDigest = "x-amz-content-sha256"

/** Leaves a body out of the signature. */
export const leaveUnsigned = (headers: Headers): void => {
  headers[contentDigest] ??= "UNSIGNED-PAYLOAD"
}

/** Says a digest that is known. */
export const sayDigest =
  (sha256: string): Say =>
  (headers) => {
    headers[contentDigest] = sha256
  }

/** Bodies from this size on are digested on another thread, in bytes: copying them there costs a quarter of a digest here. */
const digestedAsideBytes = 256 * 1024

/** The most bytes that are digested there at once, since each body is copied: three segments of a set, or one part of an upload. */
const maxDigestedAsideBytes = 12 * 1024 * 1024

/** Digests a body on another thread; what there is no room for the SDK digests on this one. */
export const digestsAside = () => {
  let underWay = 0
  return async (headers: Headers, body: unknown): Promise<void> => {
    if (!(body instanceof Uint8Array) || headers[contentDigest] !== undefined) return
    const { byteLength } = body
    if (byteLength < digestedAsideBytes || underWay + byteLength > maxDigestedAsideBytes) return
    underWay += byteLength
    try {
      headers[contentDigest] = Buffer.from(await crypto.subtle.digest("SHA-256", body)).toString("hex")
    } finally {
      underWay -= byteLength
    }
  }
}
