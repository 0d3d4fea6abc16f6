/** Follows a Redis Stream with XREAD, which takes nothing. */
import type { BackendError, QueueDelivery, QueueTail, StreamStart } from "@framedb/core"
import * as Effect from "effect/Effect"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import { BatchSize } from "./BatchSize.ts"
import { readReply } from "./decode.ts"
import { maxBlockMillis } from "./EncodedConsumer.ts"
import type { QueueKeys } from "./queueKeys.ts"

const receiving: Operation = { name: "tail", isWrite: false }

/** Makes a follower on a connection of its own; `newestId` is that of the stream when the follower began. */
export const makeTail = (options: {
  readonly own: RedisClient
  readonly keys: QueueKeys
  readonly from: StreamStart
  readonly newestId: string
  readonly batchBytes: number
}): QueueTail => {
  const { own, keys, from } = options
  const batchSize = new BatchSize(options.batchBytes)
  let after = from === "beginning" ? "0-0" : from === "now" ? options.newestId : from.after
  const receive: QueueTail["receive"] = ({ maxMessages, waitMillis }) => {
    const block = waitMillis === 0 ? [] : ["BLOCK", Math.max(1, Math.min(Math.ceil(waitMillis), maxBlockMillis))]
    const parameters = ["COUNT", batchSize.next(maxMessages), ...block, "STREAMS", keys.queue, after]
    return Effect.map(
      own.run(receiving, (driver) => driver.callBuffer("XREAD", parameters)),
      (reply): ReadonlyArray<QueueDelivery> => {
        const messages = readReply(reply)
        batchSize.learn(messages)
        after = messages.at(-1)?.id ?? after
        return messages
      },
    )
  }
  return { receive } satisfies {
    receive: (...args: never) => Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError>
  }
}
