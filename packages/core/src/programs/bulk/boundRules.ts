/** What the bounds of work on many keys may be. */
import { orUnbounded, type Rules, wholeNumber } from "../../errors/OptionRules.ts"
import type { BulkBounds } from "./Bulk.ts"

const bound = orUnbounded(wholeNumber(1))

/** The rules of `BulkBounds`: a bound that is no number would let nothing through, for ever. */
export const boundRules: Rules<BulkBounds> = { concurrency: bound, bytesInFlight: bound }
