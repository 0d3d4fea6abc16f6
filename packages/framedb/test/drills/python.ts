/** A Python client of the published SDK, as the protocol describes it: plain HTTP, SET and GET, and rows of `data_table`. */
import * as Effect from "effect/Effect"
import { Redis } from "ioredis"
import { createConnection } from "mysql2/promise"

/** Where a Python client puts and looks for an object. */
export interface PythonPlace {
  readonly framedbId: string
  readonly type: "in-memory" | "storage" | "memory" | "persistent"
}

export interface PythonOptions {
  readonly routingUrl: string
  /** The Redis database behind each in-memory instance. */
  readonly redis: Readonly<Record<string, Redis>>
  readonly sqlUrl: string
}

const json = { "content-type": "application/json" }

/** What a Python client reads of a route: by path, and by a filter where the id can't stand in one. */
interface Entry {
  readonly framedb_id: string
  readonly framedb_type: string
  readonly size: number
  readonly copies: ReadonlyArray<{ readonly framedb_id: string }>
  readonly metadata: object
}

/** See the head of this file. */
export class Python {
  readonly #options: PythonOptions

  constructor(options: PythonOptions) {
    this.#options = options
  }

  /** Bytes first, then the route; a duplicate is updated field by field. */
  async setObject(key: string, data: Buffer, place: PythonPlace, metadata: object = {}): Promise<void> {
    await this.writeBytes(key, data, place)
    const { routingUrl } = this.#options
    const route = { framedb_id: place.framedbId, framedb_type: place.type, size: data.byteLength, metadata }
    const created = await fetch(`${routingUrl}/framedb/objects`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ _id: key, object_id: key, copies: [], ...route }),
    })
    await created.arrayBuffer()
    if (created.status === 201) return
    const updated = await fetch(`${routingUrl}/framedb/objects/${encodeURIComponent(key)}/update`, {
      method: "POST",
      headers: json,
      body: JSON.stringify(route),
    })
    await updated.arrayBuffer()
  }

  async writeBytes(key: string, data: Buffer, { framedbId, type }: PythonPlace): Promise<void> {
    if (type === "in-memory" || type === "memory") await this.#redisOf(framedbId).set(key, data)
    else {
      await this.sql("CREATE TABLE IF NOT EXISTS data_table (`key` VARCHAR(255) PRIMARY KEY, data LONGBLOB)")
      await this.sql("REPLACE INTO data_table (`key`, data) VALUES (?, ?)", [key, data])
    }
  }

  /** The route, then the bytes from where it says. */
  async getObject(key: string): Promise<Buffer | undefined> {
    const entry = await this.route(key)
    if (entry === undefined) return undefined
    return this.readBytes(key, entry.framedb_id, entry.framedb_type)
  }

  async readBytes(key: string, framedbId: string, type: string): Promise<Buffer | undefined> {
    if (type === "in-memory" || type === "memory") return (await this.#redisOf(framedbId).getBuffer(key)) ?? undefined
    const [row] = await this.sql("SELECT data FROM data_table WHERE `key` = ?", [key])
    return row?.data
  }

  async route(key: string): Promise<Entry | undefined> {
    const answer = await fetch(`${this.#options.routingUrl}/framedb/objects/${encodeURIComponent(key)}`)
    if (answer.status !== 200) {
      await answer.arrayBuffer()
      return undefined
    }
    // As the protocol says.
    return ((await answer.json()) as { data: Entry }).data
  }

  async addCopy(key: string, data: Buffer, place: PythonPlace): Promise<void> {
    await this.writeBytes(key, data, place)
    const answer = await fetch(`${this.#options.routingUrl}/framedb/objects/${encodeURIComponent(key)}/add-copy`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ framedb_id: place.framedbId, framedb_type: place.type }),
    })
    await answer.arrayBuffer()
  }

  async sql(text: string, values: ReadonlyArray<string | Buffer> = []): Promise<ReadonlyArray<{ data: Buffer }>> {
    const connection = await createConnection(this.#options.sqlUrl)
    try {
      const [rows] = await connection.query(text, [...values])
      // Every statement above that answers rows selects `data`.
      return Array.isArray(rows) ? (rows as ReadonlyArray<unknown> as ReadonlyArray<{ data: Buffer }>) : []
    } finally {
      await connection.end()
    }
  }

  #redisOf(framedbId: string): Redis {
    const redis = this.#options.redis[framedbId]
    if (redis === undefined) throw new Error(`no instance ${framedbId}`)
    return redis
  }
}

/** Opens a Python client for the scope. */
export const makePython = (routingUrl: string, redisUrl: string, sqlUrl: string, databases: Record<string, number>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const redis = Object.fromEntries(
        Object.entries(databases).map(([id, db]) => [id, new Redis(redisUrl, { db, maxRetriesPerRequest: 1 })]),
      )
      return { python: new Python({ routingUrl, redis, sqlUrl }), redis }
    }),
    ({ redis }) =>
      Effect.sync(() => {
        for (const client of Object.values(redis)) client.disconnect()
      }),
  ).pipe(Effect.map(({ python }) => python))
