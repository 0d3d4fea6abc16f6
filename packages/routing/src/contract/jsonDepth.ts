/** Whether a value is nested deeper than so many levels; asked before anything that descends by itself looks at what came from outside. */
export const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item)))
