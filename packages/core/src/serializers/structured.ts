/**
 * Any structured-cloneable value: what JSON holds, and undefined, bigints, NaN, dates, regular expressions, maps, sets,
 * errors, buffers, typed arrays, arrays with holes, shared references and cycles.
 *
 * What `structuredClone` would quietly drop is refused instead: prototypes of classes, functions, symbols, hidden
 * properties, properties on a date or a map. A view is stored with the bytes that it shows, so that a small `Buffer` takes
 * nothing else along; views that overlap are refused unless the whole buffer came before them. Portable between versions of Node, unlike `node:v8`'s own format, and safe
 * to read from anyone: nothing is executed, and a byte makes at most about a hundred bytes of memory, as in two bytes that are an
 * empty map. Regular expressions with the flags `u` or `v` are bounded in the time that the engine takes to read them: together
 * 256 Ki characters, of which each `\p{…}` counts as 256.
 *
 * The format, version 1:
 *
 *   file   = 0xC1 'F' 'S' version value          0xC1 begins no UTF-8, no MessagePack and no pickle
 *   value  = tag, then what `structuredTags.ts` says
 *   number = varint: seven bits a byte, the lowest first
 *   float  = 8 bytes, IEEE 754, big-endian
 *   key    = 0 and a text that is new as a key, or 1 + the number of a key that was new before
 *
 * Every value with an identity (all but primitives) has a number, counted from 0 in the order in which they begin;
 * `reference` names one that has begun. That is how cycles and shared parts come back as such.
 */
import type { Serializer } from "../ports/Serializer.ts"
import { refusePickle } from "./detect.ts"
import { readStructured } from "./StructuredReader.ts"
import { writeStructured } from "./StructuredWriter.ts"

/** Writes structured-cloneable values of up to 1,000 levels, and reads them. */
export const structured: Serializer<unknown> = {
  name: "structured",
  contentType: "application/vnd.framedb.structured",
  serialize: (value) => writeStructured(value),
  deserialize: (data) => {
    refusePickle(data)
    return readStructured(data)
  },
}
