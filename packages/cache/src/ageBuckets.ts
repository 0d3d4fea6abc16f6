/**
 * Ages in logarithmic buckets, two an octave, so that 64 of them span every 32-bit age.
 *
 * An age is a number of touches of the whole cache, counted in 32 bits that wrap. What looks negative is older than 2³¹
 * touches and falls into the last buckets, where it belongs.
 */
export const bucketBits = 6
export const buckets = 1 << bucketBits

/** The bucket of an age: twice its binary exponent, plus one in the upper half of the octave. */
export const bucketOf = (age: number): number => {
  const exponent = 31 - Math.clz32(age | 1)
  return (exponent << 1) | (exponent === 0 ? 0 : (age >>> (exponent - 1)) & 1)
}

/** The youngest age that a bucket holds; that of the bucket after the last is the end of all ages. */
export const bucketStart = (bucket: number): number => 2 ** (bucket >> 1) * (bucket & 1 ? 1.5 : 1)
