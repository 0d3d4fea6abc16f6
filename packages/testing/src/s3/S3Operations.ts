/** What each operation answers. */
import { emptyAnswer, type S3Answer, S3Refusal, xmlAnswer, xmlText } from "./S3Answer.ts"
import type { S3Body } from "./S3Body.ts"
import type { S3Operation } from "./S3Faults.ts"
import { checkKey, type S3Request } from "./S3Request.ts"
import type { S3Object, S3Store } from "./S3Store.ts"

/** The most keys of one page of a listing, as S3 has it. */
const pageKeys = 1000

/** The most bytes of user metadata beside an object. */
const maxAttributeBytes = 2048

const attributesOf = (request: S3Request): Record<string, string> => {
  const attributes = Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name.startsWith("x-amz-meta-"))
      .map(([name, value]) => [name.slice("x-amz-meta-".length), value]),
  )
  const bytes = Object.entries(attributes).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes > maxAttributeBytes) throw new S3Refusal(400, "MetadataTooLarge")
  return attributes
}

const headersOf = (object: S3Object): Record<string, string> => ({
  etag: object.etag,
  "last-modified": object.modified.toUTCString(),
  "accept-ranges": "bytes",
  "content-type": "application/octet-stream",
  ...Object.fromEntries(Object.entries(object.attributes).map(([name, value]) => [`x-amz-meta-${name}`, value])),
})

const find = (store: S3Store, request: S3Request): S3Object => {
  const object = store.bucket(request.bucket).get(request.key)
  if (object === undefined) throw new S3Refusal(404, "NoSuchKey")
  const match = request.headers["if-match"]
  if (match !== undefined && match !== object.etag) throw new S3Refusal(412, "PreconditionFailed")
  return object
}

const getObject = (store: S3Store, request: S3Request): S3Answer => {
  const object = find(store, request)
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers["range"] ?? "")
  const size = object.body.sizeBytes
  if (range === null) return { status: 200, headers: headersOf(object), body: object.body.bytes }
  const start = Number(range[1])
  const end = range[2] === "" || range[2] === undefined ? size : Math.min(Number(range[2]) + 1, size)
  if (start >= size || end <= start) throw new S3Refusal(416, "InvalidRange")
  const headers = { ...headersOf(object), "content-range": `bytes ${start}-${end - 1}/${size}` }
  return { status: 206, headers, body: object.body.bytes.subarray(start, end) }
}

const listObjects = (store: S3Store, request: S3Request): S3Answer => {
  const prefix = request.query.get("prefix") ?? ""
  const after = request.query.get("continuation-token") ?? request.query.get("start-after") ?? ""
  const from = Buffer.from(after.startsWith("t:") ? Buffer.from(after.slice(2), "base64url").toString() : after)
  const all = [...store.bucket(request.bucket)]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, object]) => ({ key, object, order: Buffer.from(key) }))
    .filter((entry) => after === "" || Buffer.compare(entry.order, from) > 0)
    .sort((left, right) => Buffer.compare(left.order, right.order))
  const page = all.slice(0, Math.min(Number(request.query.get("max-keys") ?? pageKeys), pageKeys))
  const more = page.length < all.length
  const encode = request.query.get("encoding-type") === "url" ? encodeURIComponent : xmlText
  const token = Buffer.from(page.at(-1)?.key ?? "").toString("base64url")
  const contents = page.map(
    ({ key, object }) =>
      `<Contents><Key>${encode(key)}</Key><LastModified>${object.modified.toISOString()}</LastModified>` +
      `<ETag>${xmlText(object.etag)}</ETag><Size>${object.body.sizeBytes}</Size></Contents>`,
  )
  const encoding = encode === encodeURIComponent ? "<EncodingType>url</EncodingType>" : ""
  const next = more ? `<NextContinuationToken>t:${token}</NextContinuationToken>` : ""
  return xmlAnswer(
    200,
    `<ListBucketResult>${encoding}<KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
  )
}

const complete = (store: S3Store, request: S3Request, payload: S3Body): S3Answer => {
  const xml = payload.bytes.toString()
  const list = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
    partNumber: Number(/<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? "").replaceAll("&quot;", '"'),
  }))
  const uploadId = request.query.get("uploadId") ?? ""
  const object = store.completeUpload(uploadId, request.key, list, request.headers["if-none-match"])
  return xmlAnswer(
    200,
    `<CompleteMultipartUploadResult><Key>${xmlText(request.key)}</Key><ETag>${xmlText(object.etag)}</ETag></CompleteMultipartUploadResult>`,
  )
}

const listUploads = (store: S3Store, request: S3Request): S3Answer => {
  const uploads = store
    .uploads(request.bucket)
    .map(({ key, uploadId }) => `<Upload><Key>${xmlText(key)}</Key><UploadId>${uploadId}</UploadId></Upload>`)
  return xmlAnswer(200, `<ListMultipartUploadsResult>${uploads.join("")}</ListMultipartUploadsResult>`)
}

type Run = (store: S3Store, request: S3Request, payload: S3Body) => S3Answer

const runs: Readonly<Record<S3Operation, Run>> = {
  PutObject: (store, request, payload) => {
    const options = { attributes: attributesOf(request), ifNoneMatch: request.headers["if-none-match"] }
    return emptyAnswer(200, { etag: store.put(request.bucket, request.key, payload, options).etag })
  },
  GetObject: getObject,
  HeadObject: (store, request) => {
    const object = find(store, request)
    return emptyAnswer(200, { ...headersOf(object), "content-length": String(object.body.sizeBytes) })
  },
  HeadBucket: (store, request) => {
    store.bucket(request.bucket)
    return emptyAnswer(200)
  },
  DeleteObject: (store, request) => {
    store.bucket(request.bucket).delete(request.key)
    return emptyAnswer(204)
  },
  ListObjectsV2: listObjects,
  CreateMultipartUpload: (store, request) => {
    const uploadId = store.createUpload(request.bucket, request.key, attributesOf(request))
    return xmlAnswer(
      200,
      `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
    )
  },
  UploadPart: (store, request, payload) => {
    const uploadId = request.query.get("uploadId") ?? ""
    const partNumber = Number(request.query.get("partNumber"))
    return emptyAnswer(200, { etag: store.putPart(uploadId, request.key, partNumber, payload) })
  },
  CompleteMultipartUpload: complete,
  AbortMultipartUpload: (store, request) => {
    store.abortUpload(request.query.get("uploadId") ?? "", request.key)
    return emptyAnswer(204)
  },
  ListMultipartUploads: listUploads,
}

/** Carries an operation out, or throws S3's refusal. */
export const runS3Operation = (
  store: S3Store,
  operation: S3Operation,
  request: S3Request,
  payload: S3Body,
): S3Answer => {
  checkKey(request.key)
  return runs[operation](store, request, payload)
}
