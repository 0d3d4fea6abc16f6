// The public surface, listed by hand.
export { parseSqlUrl, type SqlAddress } from "./SqlUrl.ts"
export * as TiDBLive from "./TiDBLive.ts"
export { optionsConfig, problemOfOptions, type TiDBOptions } from "./TiDBOptions.ts"
export type { TiDBTlsOptions, TlsMode } from "./TiDBTlsOptions.ts"
