/** The envelopes of the answers. */
import type { Json, JsonObject } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Refusal } from "../entries/Refusal.ts"
import type { StoreError } from "../store/RouteStore.ts"

/** A success with data. */
export const data = (value: Json): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ success: true, data: value })

/** The most characters of an answer with many entries: no client of ours reads a longer one. */
const maxListCharacters = 64 * 1024 * 1024

/** A success with a list, or the refusal of one that is longer than an answer may be. */
export const dataList = (values: ReadonlyArray<Json>): HttpServerResponse.HttpServerResponse => {
  const texts: Array<string> = []
  let characters = 0
  for (const value of values) {
    const text = JSON.stringify(value)
    characters += text.length
    if (characters > maxListCharacters) return failed(413, "the answer would be too long: ask for fewer entries")
    texts.push(text)
  }
  return HttpServerResponse.text(`{"success":true,"data":[${texts.join(",")}]}`, { contentType: "application/json" })
}

/** A success with a text and, where it is about one entry, its id. */
export const acknowledged = (message: string, id: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ success: true, message, id })

/** A success that made an entry. */
export const created = (message: string, id: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ success: true, message, id }, { status: 201 })

/** A page of a listing. */
export const page = (
  entries: ReadonlyArray<JsonObject>,
  next: string | undefined,
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ success: true, data: entries, next: next ?? null })

/** A failure. */
export const failed = (status: number, error: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe({ success: false, error }, { status })

/** Answers what a handler gives, its refusals by their status, and a store that is away with 503. */
export const answer = <R>(
  handled: Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal | StoreError, R>,
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchTags(handled, {
    Refusal: (refusal) => Effect.succeed(failed(refusal.status, refusal.message)),
    StoreError: (error) =>
      Effect.as(
        Effect.logWarning("the store failed", { operation: error.operation, problem: error.message }),
        failed(503, "the store can't be reached; try again later"),
      ),
  })
