import type { Connections } from "../instances/Connections.ts"
import type { InsertBytes } from "../large/insertBytes.ts"
import type { AskChunks } from "../large/placedChunks.ts"
import type { FindStored } from "../large/StoredBytes.ts"
import type { ClearPlace } from "../places/clearPlace.ts"
import type { QueueOperations } from "../queues/QueueOperations.ts"
import type { retrying } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"

/** What the programs of copies stand on. */
export interface CopyServices {
  readonly connections: Connections["Service"]
  readonly routes: Routes["Service"]
  readonly findQueue: QueueOperations["Service"]["findQueue"]
  readonly repeat: ReturnType<typeof retrying>
  readonly ask: AskChunks
  readonly find: FindStored
  readonly insertBytes: InsertBytes
  readonly clearPlace: ClearPlace
  /** How long other clients may overwrite an object without seeing a new copy, in milliseconds. */
  readonly settleMillis: number
}
