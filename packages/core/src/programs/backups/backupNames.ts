/** The names of stored objects: an object's name is its key, wherever that can be one. See FORMAT.md. */
import { sha256 } from "./digest.ts"

/** What the names of everything but plain objects begin with. */
export const reservedFolder = "framedb.backup/"

/** What follows the name of an object in the name of its sidecar. */
export const sidecarSuffix = ".framedb.json"

/** Where objects are stored and how long their names may be. */
export interface BackupPlace {
  /** Put before every name; empty by default. */
  readonly prefix: string
  /** The storage's bound on names. */
  readonly nameBytes: number
}

const takesPlain = (key: string, place: BackupPlace): boolean =>
  !key.startsWith(reservedFolder) &&
  !key.endsWith(sidecarSuffix) &&
  Buffer.byteLength(place.prefix + key + sidecarSuffix) <= place.nameBytes

/** The name of an object: its key, or where that would be too long or another thing's name, the key's SHA-256. */
export const objectNameOf = (key: string, place: BackupPlace): string =>
  takesPlain(key, place) ? place.prefix + key : `${place.prefix}${reservedFolder}objects/${sha256(key)}`

/** The name of an object's sidecar. */
export const sidecarNameOf = (objectName: string): string => objectName + sidecarSuffix

/** What a listed name is: the bytes of a key, of a key that only its description says, or something else. */
export type ListedName = { readonly key: string } | "described" | "other"

/** Tells what a listed name is. */
export const readListedName = (name: string, prefix: string): ListedName => {
  if (!name.startsWith(prefix) || name.endsWith(sidecarSuffix)) return "other"
  const rest = name.slice(prefix.length)
  if (rest.startsWith(`${reservedFolder}objects/`)) return "described"
  return rest.startsWith(reservedFolder) || rest === "" ? "other" : { key: rest }
}
