// The public surface, listed by hand.
export { classify } from "./classify.ts"
export { parseSqlUrl, type SqlAddress } from "./SqlUrl.ts"
export { layer, layerConfig, make } from "./TiDBBackend.ts"
export type { TiDBOptions } from "./TiDBOptions.ts"
export type { TlsMode, TlsSettings } from "./TlsSettings.ts"
