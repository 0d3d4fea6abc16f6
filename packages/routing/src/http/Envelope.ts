/** Judges an answer by its status and its envelope together. */
import { type BackendReason, type BackendReasonTag, backendReason, redactText } from "@framedb/core"
import * as Predicate from "effect/Predicate"
import { isDeeperThan } from "../contract/jsonDepth.ts"
import { classifyStatus } from "./classify.ts"

/** An answer that speaks the protocol: a success, or a refusal that an operation may know the meaning of. */
export interface Envelope {
  readonly status: number
  readonly success: boolean
  readonly body: Readonly<Record<string, unknown>>
}

/** An answer that does not, or one that says that the service can't answer now. */
export interface Misfit {
  readonly reason: BackendReason
  /** For a write: it may have been applied. */
  readonly maybeApplied: boolean
}

/** The longest excerpt of a foreign body, in characters. */
const maxExcerptCharacters = 120

/**
 * What may be shown of a body. Of one that looks like JSON nothing is: cut in the middle of a URL, a password could no
 * longer be told from the rest.
 */
export const excerptOf = (text: string): string => {
  if (text.trim() === "") return "an empty body"
  if (/^\s*[{["]/.test(text)) return `${text.length} characters that begin like JSON`
  const plain = redactText(text.slice(0, 4_096).replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, " "))
  return JSON.stringify(plain.replace(/\s+/g, " ").trim().slice(0, maxExcerptCharacters))
}

/** The deepest nesting that is read: more than anyone's metadata, and far from where the stack ends. */
const maxAnswerDepth = 500

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const reasonOf = (tag: BackendReasonTag, status: number, message: string): BackendReason =>
  backendReason(tag, Object.assign(new Error(message), { code: String(status) }))

/** What the service said of a refusal, cleaned. */
export const refusalText = (envelope: Envelope): string => {
  const { error, message } = envelope.body
  const told = Predicate.isString(error) ? error : Predicate.isString(message) ? message : "no reason given"
  return redactText(told).slice(0, 300)
}

const misfit = (status: number, message: string, meaning = status): Misfit => {
  const classified = classifyStatus(meaning)
  return { reason: reasonOf(classified.tag, status, message), maybeApplied: classified.maybeApplied }
}

/** The statuses of a refusal whose meaning depends on the operation: a bad or a duplicate entry, and absence. */
const meaningful = new Set([400, 404])

/** Reads an answer. */
export const judge = (status: number, text: string): Envelope | Misfit => {
  const parsed = parse(text)
  const isTooDeep = isDeeperThan(maxAnswerDepth, parsed)
  const body = isTooDeep ? undefined : parsed
  if (!Predicate.isObject(body) || !Predicate.isBoolean(body["success"])) {
    const foreign = parsed === undefined ? "an answer that is not JSON" : "JSON of another kind"
    const kind = isTooDeep ? `JSON nested deeper than ${maxAnswerDepth} levels` : foreign
    const message = `status ${status} with ${kind}: ${excerptOf(text)}`
    // A proxy's page for an overloaded or forbidden service says by its status what matters. Only of the service's own
    // 400 is it known that it understood the request.
    return misfit(status, message, status === 400 ? 404 : status)
  }
  const envelope: Envelope = { status, success: body["success"], body }
  const successful = status >= 200 && status < 300
  if (successful === envelope.success && (successful || meaningful.has(status))) return envelope
  if (successful) return misfit(status, `status ${status} says success, its body does not: ${refusalText(envelope)}`)
  return misfit(status, `status ${status}: ${refusalText(envelope)}`)
}
