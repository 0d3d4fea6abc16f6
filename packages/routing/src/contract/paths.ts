/** Every path of the wire, in one place for client and server. */

/** The collections that the two services keep. */
export const collectionPaths = {
  objects: "/framedb/objects",
  streams: "/framedb/streams",
  instances: "/global/framedb/instances",
  persistentInstances: "/global/framedb/persistent-instances",
} as const

/** A collection of the routing service or the registry. */
export type Collection = keyof typeof collectionPaths

/**
 * The header that our server puts on every answer, also on errors: what follows from it is that the paths marked as
 * extensions in the contract exist. The published services send no such header.
 */
export const extensionsHeader = "framedb-extensions"

/** The version of the extensions that this package speaks. */
export const extensionsVersion = "1"

/**
 * Whether an id can stand in a path. Slashes are decoded before the published service routes, and URL parsers drop
 * segments that are `.` or `..`, encoded or not.
 */
export const isPathSafe = (id: string): boolean => !id.includes("/") && id !== "." && id !== ".."

/** The path of one entry. The id must be safe for a path. */
export const entryPath = (collection: Collection, id: string): string =>
  `${collectionPaths[collection]}/${encodeURIComponent(id)}`
