import { expect, it } from "@effect/vitest"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { openClient, type Question, type RedisClient } from "../src/RedisClient.ts"
import { settingsOf } from "../src/RedisOptions.ts"
import { instanceAt } from "./instanceAt.ts"

const asking = { name: "ask", isWrite: true }

/** How a question was answered, each time that it was. */
const answersTo = <Reply, A>(client: RedisClient, question: Question<Reply, A>) =>
  Effect.callback<ReadonlyArray<Exit.Exit<A, unknown>>>((resume) => {
    const exits: Array<Exit.Exit<A, unknown>> = []
    client.start(asking, question, (exit) => {
      exits.push(exit)
      // A second answer would come at once, or with the one to what is asked afterwards.
      resume(Effect.as(Effect.orDie(client.ping), exits))
    })
  })

it.live("answers once where a command can't be put together, and where nobody can read the reply", () =>
  Effect.gen(function* () {
    const server = yield* RedisServer.make()
    const client = yield* openClient(instanceAt(server.url), settingsOf({}))
    const fail = () => {
      throw new RangeError("Array buffer allocation failed")
    }
    expect(yield* answersTo(client, { send: fail, read: fail })).toMatchObject([
      { cause: { reasons: [{ error: { reason: { _tag: "Unexpected" }, maybeApplied: true } }] } },
    ])
    expect(yield* answersTo(client, { send: (driver) => driver.ping(), read: fail })).toMatchObject([
      { cause: { reasons: [{ _tag: "Die" }] } },
    ])
    expect(yield* answersTo(client, { send: (driver) => driver.ping(), read: String })).toEqual([Exit.succeed("PONG")])
  }),
)
