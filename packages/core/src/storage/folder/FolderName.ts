/**
 * How a stored name becomes a path inside a folder, and back.
 *
 * The path reads like the name, can't leave the folder, and two names never share one, also on file systems that fold
 * case (Windows, macOS) or normalize Unicode (macOS):
 *
 * - `/` separates directories. A directory's name ends in `+`, so that `a` and `a/b` are a file and a directory beside it.
 * - A capital letter A–Z is written `^` and the small letter.
 * - Every byte of any other character that some file system folds, forbids or normalizes is written `%xx` in small hex
 *   digits: `% ^ \ : * ? " < > |`, controls, and what is not ASCII, except for letters without case or decomposition
 *   (Chinese, Arabic, Thai, …), which stay. So is a dot, space, `+` or `=` at the beginning or the end of a part, and the
 *   first letter of a name that Windows reserves (`con`, `nul.txt`, …). An empty part is `%`.
 * - A part of more than 240 bytes is cut into directories: a piece that goes on ends in `=`, and one that went on begins
 *   with `=`.
 *
 * So `../../etc/passwd` is `%2e%2e+/%2e%2e+/etc+/passwd`, and `Backups/Ünï.json` is `^backups+/%c3%9cn%c3%af.json`.
 */

/** The longest piece of a path: 255 bytes are common, less a mark on either side and room for other tools' suffixes. */
const maxPieceBytes = 240

const encoder = new TextEncoder()
const plain = /^[a-z0-9_\-.,+=@()[\]{}'#$&;!~` ]$/
const caselessLetter = /^\p{Lo}$/u
const edge = /^[.+= ]$/
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i

const hexOf = (text: string): string =>
  Array.from(encoder.encode(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")

/** A letter that no file system changes: it has no case and is its own normal form in every form. */
const isStableLetter = (character: string): boolean =>
  caselessLetter.test(character) &&
  character.normalize("NFKD") === character &&
  character.normalize("NFKC") === character &&
  character.toLowerCase() === character &&
  character.toUpperCase() === character

const tokenOf = (character: string): string => {
  if (plain.test(character)) return character
  if (character >= "A" && character <= "Z") return `^${character.toLowerCase()}`
  return isStableLetter(character) ? character : hexOf(character)
}

const tokensOf = (part: string): Array<string> => {
  const characters = Array.from(part)
  const last = characters.length - 1
  const isReserved = reserved.test(part)
  return characters.map((character, index) => {
    const atEdge = index === 0 || index === last
    return (atEdge && edge.test(character)) || (index === 0 && isReserved) ? hexOf(character) : tokenOf(character)
  })
}

const cut = (tokens: ReadonlyArray<string>): Array<string> => {
  const pieces: Array<string> = []
  let piece = ""
  let bytes = 0
  for (const token of tokens) {
    const size = Buffer.byteLength(token)
    if (bytes + size > maxPieceBytes) {
      pieces.push(`${piece}=`)
      piece = "="
      bytes = 0
    }
    piece += token
    bytes += size
  }
  pieces.push(piece)
  return pieces
}

const piecesOf = (part: string): Array<string> => (part === "" ? ["%"] : cut(tokensOf(part)))

/** The path of a stored name, as the parts to join below the folder: directories, and the file last. */
export const pathPartsOf = (name: string): ReadonlyArray<string> => {
  const parts = name.split("/")
  return parts.flatMap((part, index) => {
    const pieces = piecesOf(part)
    if (index === parts.length - 1) return pieces
    return pieces.map((piece, at) => (at === pieces.length - 1 ? `${piece}+` : piece))
  })
}

/** The directories that hold every name with this prefix: those of its parts that are complete. */
export const directoriesOfPrefix = (prefix: string): ReadonlyArray<string> => {
  const end = prefix.lastIndexOf("/")
  return end < 0 ? [] : pathPartsOf(prefix.slice(0, end + 1)).slice(0, -1)
}

const decodePiece = (piece: string): string | undefined => {
  if (piece === "%") return ""
  const bytes: Array<number> = []
  for (let at = 0; at < piece.length; ) {
    const hex = /^%([0-9a-f]{2})/.exec(piece.slice(at, at + 3))?.[1]
    const capital = /^\^([a-z])/.exec(piece.slice(at, at + 2))?.[1]
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16))
      at += 3
    } else if (capital !== undefined) {
      bytes.push(capital.toUpperCase().charCodeAt(0))
      at += 2
    } else {
      const character = String.fromCodePoint(piece.codePointAt(at) ?? 0)
      bytes.push(...encoder.encode(character))
      at += character.length
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return undefined
  }
}

/** The name that a path stands for, or `undefined` for a file that no name leads to (another program's). */
export const nameOfPath = (parts: ReadonlyArray<string>): string | undefined => {
  let name = ""
  for (const [index, part] of parts.entries()) {
    const isFile = index === parts.length - 1
    const goesOn = !isFile && part.endsWith("=")
    const start = part.startsWith("=") ? 1 : 0
    const decoded = decodePiece(part.slice(start, isFile ? undefined : -1))
    if (decoded === undefined) return undefined
    name += isFile || goesOn ? decoded : `${decoded}/`
  }
  // Only what the encoding itself writes is ours: anything else would be two paths of one name.
  return pathPartsOf(name).join("/") === parts.join("/") ? name : undefined
}
