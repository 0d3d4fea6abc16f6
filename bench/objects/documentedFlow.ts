/** What the documented Python client does for a get and for a set, call after call, with a new connection for each. */
import { randomUUID } from "node:crypto"
import { type Agent, request } from "node:http"
import { Redis } from "ioredis"

const call = (method: string, url: string, body?: unknown, agent: Agent | false = false): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers =
      text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }
    const sent = request(url, { method, headers, agent }, async (response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of response) chunks.push(chunk)
      resolve(JSON.parse(Buffer.concat(chunks).toString()))
    })
    sent.on("error", reject)
    sent.end(text)
  })

const withRedis = async <A>(url: string, use: (client: Redis) => Promise<A>): Promise<A> => {
  const client = new Redis(url, { lazyConnect: true, enableReadyCheck: false })
  await client.connect()
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

// The shapes of the published answers.
interface Entry {
  readonly data: { readonly framedb_id: string }
}
interface InstanceEntry {
  readonly data: { readonly public_url: string }
}

const instanceUrl = async (base: string, framedbId: string): Promise<string> => {
  const found = (await call("GET", `${base}/global/framedb/instances/${framedbId}`)) as InstanceEntry
  return found.data.public_url
}

/** Where is it, where is that, and the bytes. */
export const documentedGet = async (base: string, key: string): Promise<Buffer | null> => {
  const entry = (await call("GET", `${base}/framedb/objects/${encodeURIComponent(key)}`)) as Entry
  return withRedis(await instanceUrl(base, entry.data.framedb_id), (client) => client.getBuffer(key))
}

/** Where is the instance, the bytes, and the registration. */
export const documentedSet = async (base: string, framedbId: string, data: Buffer): Promise<void> => {
  const key = randomUUID()
  await withRedis(await instanceUrl(base, framedbId), (client) => client.set(key, data))
  const entry = {
    _id: key,
    object_id: key,
    framedb_id: framedbId,
    framedb_type: "in-memory",
    copies: [],
    size: data.byteLength,
  }
  await call("POST", `${base}/framedb/objects`, { ...entry, metadata: {} })
}

/** The least that registering a new object takes: one call, which creates its entry by an update. */
export const bareRegistration = (base: string, framedbId: string, agent: Agent): Promise<unknown> => {
  const key = randomUUID()
  const entry = {
    object_id: key,
    framedb_id: framedbId,
    framedb_type: "in-memory",
    copies: [],
    size: 1024,
    metadata: {},
  }
  return call("POST", `${base}/framedb/objects/${key}/update`, entry, agent)
}

/** The least that finding one object takes. */
export const bareLookup = (base: string, key: string, agent: Agent): Promise<unknown> =>
  call("GET", `${base}/framedb/objects/${encodeURIComponent(key)}`, undefined, agent)
