import type { Operation } from "../SqlClient.ts"

const read = (name: string): Operation => ({ name, isWrite: false })
const write = (name: string): Operation => ({ name, isWrite: true })

/** What errors say was being done with chunks. */
export const chunkOperations = {
  find: read("findChunked"),
  get: read("getChunk"),
  begin: write("beginChunks"),
  extend: write("extendChunks"),
  put: write("putChunk"),
  commit: write("commitChunks"),
  discard: write("discardChunks"),
  remove: write("removeChunked"),
  collect: write("collectChunks"),
} satisfies Record<string, Operation>
