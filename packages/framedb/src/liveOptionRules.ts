/** What the options of the live layers may be: their own, and those of the parts under the names that they have here. */
import { LfuObjectCache } from "@framedb/cache"
import { type InvalidArgument, OptionRules } from "@framedb/core"
import { problemOfOptions as problemOfRedisOptions } from "@framedb/redis"
import { problemOfServiceOptions } from "@framedb/routing"
import { problemOfOptions as problemOfTiDBOptions } from "@framedb/tidb"
import { problemOfCoherence } from "./CoherenceOptions.ts"
import type { FrameDBLiveOptions } from "./FrameDBLive.ts"

const rules: OptionRules.Rules<Pick<FrameDBLiveOptions, "clusterUrl" | "routingUrl">> = {
  clusterUrl: OptionRules.required(OptionRules.urlText),
  routingUrl: OptionRules.required(OptionRules.urlText),
}

const under = (part: string) => (name: string) => `${part}.${name}`

/** The cache's options, as the live and the in-memory layers call them. */
const nameOfCacheOption = (name: string): string => (name === "maxBytes" ? "cacheSizeBytes" : `cache.${name}`)

/** The error to fail with where an option of the cache can't be used. */
export const problemOfCacheOptions = ({
  cache,
  cacheSizeBytes: maxBytes,
}: Pick<FrameDBLiveOptions, "cache" | "cacheSizeBytes">): InvalidArgument | undefined =>
  LfuObjectCache.problemOfOptions({ ...cache, ...(maxBytes === undefined ? {} : { maxBytes }) }, nameOfCacheOption)

/** The error to fail with where an option can't be used, but for those of the programs, which check their own. */
export const problemOfLiveOptions = (options: FrameDBLiveOptions): InvalidArgument | undefined =>
  OptionRules.problemOf(options, rules) ??
  problemOfCoherence(options.coherence ?? {}, under("coherence")) ??
  problemOfCacheOptions(options) ??
  problemOfServiceOptions(options.http ?? {}, under("http")) ??
  problemOfRedisOptions(options.redis ?? {}, under("redis")) ??
  problemOfTiDBOptions(options.tidb ?? {}, under("tidb"))
