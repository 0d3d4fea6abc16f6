/** Where the parts of a set lie. See FORMAT.md. */
import { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import { reservedFolder } from "../backupNames.ts"
import { sha256 } from "../digest.ts"

/** A set of a storage: its name, and what stands before every stored name. */
export interface SetPlace {
  readonly prefix: string
  readonly set: string
}

const setName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Says what is wrong with the name of a set. It is part of stored names, so it is kept simple. */
export const problemOfSetName = (set: string): InvalidArgument | undefined =>
  setName.test(set)
    ? undefined
    : new InvalidArgument({
        argument: "set",
        message:
          "a set's name has 1 to 100 letters, digits, dots, dashes and underscores, and begins with a letter or digit",
      })

const padded = (count: number): string => String(count).padStart(6, "0")

/** The folder of all sets. */
export const setsFolder = (prefix: string): string => `${prefix}${reservedFolder}sets/`

const folderOf = ({ prefix, set }: SetPlace): string => `${setsFolder(prefix)}${set}/`

/** The manifest of a set: what makes it a set. */
export const manifestNameOf = (place: SetPlace): string => `${folderOf(place)}manifest.json`

/** The folder of one generation of a set. */
export const generationFolder = (place: SetPlace, generation: number): string =>
  `${folderOf(place)}${padded(generation)}/`

/** The index of a part, counted from 0. */
export const indexNameOf = (place: SetPlace, generation: number, part: number): string =>
  `${generationFolder(place, generation)}index/${padded(part)}.jsonl`

/** What a run writes, and as which run: two that work on one set at once never write under one name. */
export interface RunPlace extends SetPlace {
  readonly generation: number
  /** Random digits of the run's own. */
  readonly mark: string
}

/** The bytes of a part. */
export const segmentNameOf = (place: RunPlace, part: number): string =>
  `${generationFolder(place, place.generation)}segments/${padded(part)}-${place.mark}`

/**
 * The bytes of an object that is too large to share a segment. `count` is another for each: a key may be named twice, and its object
 * change in between.
 */
export const largeNameOf = (place: RunPlace, key: string, count: number): string =>
  `${generationFolder(place, place.generation)}large/${sha256(key)}-${place.mark}-${padded(count)}`

/** The set and the generation that a stored name belongs to; a manifest belongs to none. */
export const readSetName = (
  name: string,
  prefix: string,
): { readonly set: string; readonly generation: number | undefined } | undefined => {
  const folder = setsFolder(prefix)
  if (!name.startsWith(folder)) return undefined
  const [set, generation, ...rest] = name.slice(folder.length).split("/")
  if (set === undefined || generation === undefined) return undefined
  return { set, generation: rest.length === 0 ? undefined : Number.parseInt(generation, 10) }
}
