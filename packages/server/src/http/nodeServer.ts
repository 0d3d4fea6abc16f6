import { createServer, type Server } from "node:http"

/**
 * How long a connection may stand still while it is answered, in milliseconds: a client that does not read holds its answer in
 * memory. More than the longest look through a store's entries takes, during which nothing is sent either.
 */
const maxSilenceMillis = 120_000

/** Makes Node's server, which lets no client hold a connection for ever: by not ending its request, or by not reading the answer. */
export const makeNodeServer = (silenceMillis: number = maxSilenceMillis): Server =>
  createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 65_000 }).setTimeout(silenceMillis)
