/** The objects and unfinished uploads of a server, in memory. */
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { S3Refusal } from "./S3Answer.ts"
import { S3Body } from "./S3Body.ts"

/** A stored object. */
export interface S3Object {
  readonly body: S3Body
  readonly etag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly modified: Date
}

interface Upload {
  readonly bucket: string
  readonly key: string
  readonly attributes: Readonly<Record<string, string>>
  readonly parts: Map<number, { readonly body: S3Body; readonly etag: string }>
}

/** Bounds that a store enforces. */
export interface S3StoreOptions {
  readonly buckets: ReadonlyArray<string>
  /** The most bytes that fit, unfinished parts included. */
  readonly capacityBytes: number
  /** The least size of a part that is not the last; S3's is 5 MiB. */
  readonly minimumPartBytes: number
  /** Whether an ETag is the MD5 of the bytes, as it is in S3 without encryption; else it is random, as with it. */
  readonly digests: boolean
}

const md5 = (bytes: Buffer): Buffer => createHash("md5").update(bytes).digest()

/** Keeps objects by bucket and key. Every method throws S3's refusals. */
export class S3Store {
  readonly #buckets: Map<string, Map<string, S3Object>>
  readonly #uploads = new Map<string, Upload>()
  readonly #options: S3StoreOptions

  constructor(options: S3StoreOptions) {
    this.#options = options
    this.#buckets = new Map(options.buckets.map((bucket) => [bucket, new Map<string, S3Object>()]))
  }

  /** The objects of a bucket, live. */
  bucket(name: string): Map<string, S3Object> {
    const found = this.#buckets.get(name)
    if (found === undefined) throw new S3Refusal(404, "NoSuchBucket")
    return found
  }

  /** The unfinished uploads: their ids and keys. */
  uploads(bucket: string): ReadonlyArray<{ readonly uploadId: string; readonly key: string }> {
    return [...this.#uploads]
      .filter(([, upload]) => upload.bucket === bucket)
      .map(([uploadId, upload]) => ({ uploadId, key: upload.key }))
  }

  #usedBytes(): number {
    let used = 0
    for (const bucket of this.#buckets.values()) for (const object of bucket.values()) used += object.body.sizeBytes
    for (const upload of this.#uploads.values()) for (const part of upload.parts.values()) used += part.body.sizeBytes
    return used
  }

  #etagOf(body: S3Body): string {
    return `"${(this.#options.digests ? md5(body.bytes) : randomBytes(16)).toString("hex")}"`
  }

  #checkRoom(bytes: number): void {
    if (this.#options.capacityBytes === Number.POSITIVE_INFINITY) return
    if (this.#usedBytes() + bytes > this.#options.capacityBytes) throw new S3Refusal(507, "XMinioStorageFull")
  }

  #checkFree(bucket: string, key: string, ifNoneMatch: string | undefined): void {
    if (ifNoneMatch === "*" && this.bucket(bucket).has(key)) throw new S3Refusal(412, "PreconditionFailed")
  }

  put(
    bucket: string,
    key: string,
    body: S3Body,
    options: { attributes: Readonly<Record<string, string>>; ifNoneMatch: string | undefined },
  ): S3Object {
    const objects = this.bucket(bucket)
    this.#checkFree(bucket, key, options.ifNoneMatch)
    this.#checkRoom(body.sizeBytes)
    const etag = this.#etagOf(body)
    const object = { body, etag, attributes: options.attributes, modified: new Date() }
    objects.set(key, object)
    return object
  }

  createUpload(bucket: string, key: string, attributes: Readonly<Record<string, string>>): string {
    this.bucket(bucket)
    const uploadId = randomUUID()
    this.#uploads.set(uploadId, { bucket, key, attributes, parts: new Map() })
    return uploadId
  }

  #upload(uploadId: string, key: string): Upload {
    const upload = this.#uploads.get(uploadId)
    if (upload === undefined || upload.key !== key) throw new S3Refusal(404, "NoSuchUpload")
    return upload
  }

  putPart(uploadId: string, key: string, partNumber: number, body: S3Body): string {
    const upload = this.#upload(uploadId, key)
    if (!(partNumber >= 1 && partNumber <= 10_000)) throw new S3Refusal(400, "InvalidArgument")
    this.#checkRoom(body.sizeBytes)
    const etag = this.#etagOf(body)
    upload.parts.set(partNumber, { body, etag })
    return etag
  }

  completeUpload(
    uploadId: string,
    key: string,
    list: ReadonlyArray<{ readonly partNumber: number; readonly etag: string }>,
    ifNoneMatch: string | undefined,
  ): S3Object {
    const upload = this.#upload(uploadId, key)
    if (list.length === 0) throw new S3Refusal(400, "MalformedXML")
    const parts = list.map(({ etag, partNumber }, index) => {
      const part = upload.parts.get(partNumber)
      if (part === undefined || part.etag !== etag) throw new S3Refusal(400, "InvalidPart")
      if (index > 0 && partNumber <= (list[index - 1]?.partNumber ?? 0)) throw new S3Refusal(400, "InvalidPartOrder")
      if (index < list.length - 1 && part.body.sizeBytes < this.#options.minimumPartBytes) {
        throw new S3Refusal(400, "EntityTooSmall")
      }
      return part.body
    })
    this.#checkFree(upload.bucket, key, ifNoneMatch)
    const etags = Buffer.from(list.map((part) => part.etag.replaceAll('"', "")).join(""), "hex")
    const etag = `"${md5(etags).toString("hex")}-${parts.length}"`
    const object = { body: S3Body.join(parts), etag, attributes: upload.attributes, modified: new Date() }
    this.#uploads.delete(uploadId)
    this.bucket(upload.bucket).set(key, object)
    return object
  }

  abortUpload(uploadId: string, key: string): void {
    this.#upload(uploadId, key)
    this.#uploads.delete(uploadId)
  }
}
