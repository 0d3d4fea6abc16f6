const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const

/** A size as a person reads it, such as `4.2 MiB`. */
export const sizeText = (bytes: number): string => {
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`
}
