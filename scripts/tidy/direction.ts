/** Which way imports go: between the packages, and between the rooms of core. */
import { importsOf, type SourceFile } from "./SourceFile.ts"

/** What each package may import of the others. */
const packages: Readonly<Record<string, ReadonlyArray<string>>> = {
  core: [],
  cache: ["core"],
  routing: ["core"],
  redis: ["core"],
  tidb: ["core"],
  s3: ["core"],
  server: ["core", "routing"],
  framedb: ["core", "cache", "routing", "redis", "tidb", "s3"],
  cli: ["framedb", "routing"],
  testing: ["core", "routing", "server"],
}

/** What each room of core may import of the others. A room may always import itself, but for `ports`. */
const rooms: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  errors: ["domain"],
  ports: ["domain", "errors"],
  serializers: ["domain", "errors", "ports"],
  storage: ["domain", "errors", "ports"],
  memory: ["domain", "errors", "ports", "storage"],
  programs: ["domain", "errors", "ports", "serializers", "storage"],
}

const nameOfPackage = (target: string): string | undefined => {
  if (target === "framedb") return "framedb"
  return /^@framedb\/([^/]+)/.exec(target)?.[1]
}

const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\/src\//.exec(path)?.[1]
const roomOf = (path: string): string | undefined => /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1]

/** A port is a file of `ports` that defines a service; the others are shapes that several ports share. */
const definesService = ({ lines }: SourceFile): boolean => lines.some((line) => /extends Context\.Service</.test(line))

const problemBetweenPackages = (own: string, target: string): string | undefined => {
  const other = nameOfPackage(target)
  if (other !== undefined && other !== own && packages[own]?.includes(other) !== true) return `${own} imports ${target}`
  const isForeignFile = target.startsWith("packages/") && !target.startsWith(`packages/${own}/`)
  return isForeignFile || target.startsWith("..")
    ? `${target} is another package's file: import it by its name`
    : undefined
}

const problemBetweenRooms = (own: string, target: string): string | undefined => {
  const other = roomOf(target)
  if (other === undefined || other === own || rooms[own] === undefined) return undefined
  return rooms[own].includes(other) ? undefined : `${own} imports ${other}`
}

/** Says which imports go the wrong way. */
export const checkDirection = (file: SourceFile): ReadonlyArray<string> => {
  const [own, room] = [packageOf(file.path), roomOf(file.path)]
  if (own === undefined) return []
  return importsOf(file).flatMap(({ line, target }) => {
    const problem =
      problemBetweenPackages(own, target) ??
      (room === undefined ? undefined : problemBetweenRooms(room, target)) ??
      (room === "ports" &&
      definesService(file) &&
      /\/ports\/\w+(Registry|Routing|Cache|Storage|Backend)\.ts$/.test(target)
        ? "a port imports a port"
        : undefined)
    return problem === undefined ? [] : [`${file.path}:${line}: ${problem}`]
  })
}
