import { gdsf, rememberingGdsf } from "./gdsf.ts"
import { lfu } from "./lfu.ts"
import { lru } from "./lru.ts"
import type { MakeReference } from "./Reference.ts"
import { s3Fifo } from "./s3Fifo.ts"
import { sieve } from "./sieve.ts"
import { climbingWTinyLfu, wTinyLfu } from "./wTinyLfu.ts"

/** Every policy that the tables compare with, under the name that they print. */
export const references: Readonly<Record<string, MakeReference>> = {
  LRU: lru,
  LFU: lfu,
  "W-TinyLFU 1 %": wTinyLfu,
  "W-TinyLFU climbing": climbingWTinyLfu,
  "S3-FIFO": s3Fifo,
  SIEVE: sieve,
  GDSF: gdsf,
  "GDSF, remembering": rememberingGdsf,
}
