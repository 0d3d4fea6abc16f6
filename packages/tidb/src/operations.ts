import type { Operation } from "./SqlClient.ts"

const read = (name: string): Operation => ({ name, isWrite: false })
const write = (name: string): Operation => ({ name, isWrite: true })

/** What errors say was being done. */
export const operations = {
  open: read("open"),
  ping: read("ping"),
  getMany: read("getMany"),
  sizeMany: read("sizeMany"),
  digestMany: read("digestMany"),
  setMany: write("setMany"),
  replaceMany: write("replaceMany"),
  insertMany: write("insertMany"),
  deleteMany: write("deleteMany"),
  deleteManyIfEqual: write("deleteManyIfEqual"),
} satisfies Record<string, Operation>
