import { createServer, request as sendRequest } from "node:http"
import * as Effect from "effect/Effect"

/** What our server answers to a path that it does not have. */
const unknownPath = '{"error": "no such path and method: see /docs"}'

/** A proxy that passes everything on as it is, but for a path that it does not know, and remembers what it passed. */
export const countingProxy = Effect.fnUntraced(function* (targetUrl: string, withoutPath?: string) {
  const seen: Array<string> = []
  let target = new URL(targetUrl)
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === withoutPath) {
      outgoing.writeHead(404, { "framedb-extensions": "1" }).end(unknownPath)
      return
    }
    const options = {
      host: target.hostname,
      port: target.port,
      path: incoming.url,
      method: incoming.method,
      headers: { ...incoming.headers, connection: "close" },
    }
    const passed = sendRequest(options, (answer) => {
      seen.push(`${incoming.method} ${incoming.url} ${answer.statusCode}`)
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on("error", () => outgoing.destroy())
    incoming.pipe(passed)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    /** What was passed since the last question, in the order of the answers. */
    calls: () => seen.splice(0),
    retarget: (url: string) => {
      target = new URL(url)
    },
  }
})
