/** HTTP as a client in another language speaks it, with bodies on GET. */
import { type IncomingHttpHeaders, request } from "node:http"
import { connect } from "node:net"

/** What a server answered. */
export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The parsed body; `undefined` where it is not JSON. */
  readonly body: unknown
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The status that a server answers under a name, as a browser asks it that was led there by DNS. */
export const statusUnder = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}/framedb/objects/none`, { headers: { host, connection: "close" } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on("error", reject)
    sent.end()
  })

/** Sends one request on a connection of its own. */
export const ask = (
  url: string,
  method: string,
  path: string,
  body?: unknown,
  authorization?: string,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : JSON.stringify(body)
    const headers = {
      connection: "close",
      ...(content === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
      ...(authorization === undefined ? {} : { authorization }),
    }
    const sent = request(url + path, { method, headers }, async (answer) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of answer) chunks.push(Buffer.from(chunk))
      const text = Buffer.concat(chunks).toString()
      resolve({ status: answer.statusCode, headers: answer.headers, text, body: parsed(text) })
    })
    sent.on("error", reject)
    sent.end(content)
  })

const create = JSON.stringify({ _id: "half", framedb_id: "r", framedb_type: "in-memory" })

/** Sends a request but for its last byte. */
export const sendHalf = async (url: string) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {})
  const head = `POST /framedb/objects HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${create.length}\r\n\r\n`
  await new Promise<void>((resolve) => void socket.write(head + create.slice(0, -1), () => resolve()))
  await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    /** Sends the rest and gives the status line of the answer. */
    complete: () =>
      new Promise<string>((resolve) => {
        socket.once("data", (data) => resolve(data.toString().split("\r\n", 1)[0] ?? ""))
        socket.write(create.slice(-1))
      }),
    destroy: () => socket.destroy(),
  }
}
