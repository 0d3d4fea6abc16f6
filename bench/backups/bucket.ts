/** The bucket that the benchmarks' server has. */
export const bucket = "backups"
