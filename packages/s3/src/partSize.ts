/** How large the parts of an upload are, so that S3's 10,000 suffice for every object that S3 can hold. */

/** S3's bound on the parts of an upload. */
export const maxParts = 10_000

/** After so many parts of an upload of unknown length the size doubles: 10,000 parts of 8 MiB up to 4 GiB hold 8 TiB. */
const partsBeforeDoubling = 1_000

const mebibyte = 1024 * 1024

/**
 * The size of part `partNumber` (from 1), in bytes. Where the length is known all parts are alike, since some stores ask
 * for that; else they double from time to time.
 */
export const partSizeOf = (partNumber: number, partBytes: number, sizeBytes: number | undefined): number => {
  if (sizeBytes === undefined) return partBytes * 2 ** Math.floor((partNumber - 1) / partsBeforeDoubling)
  if (sizeBytes <= partBytes * maxParts) return partBytes
  return Math.ceil(sizeBytes / maxParts / mebibyte) * mebibyte
}
