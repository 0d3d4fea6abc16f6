import { cpus, totalmem } from "node:os"

/** One line that says on what the figures were measured: processor, cores, memory, Node. */
export const machine = (): string => {
  const all = cpus()
  const model = all[0]?.model.trim() ?? "unknown processor"
  return `${model}, ${all.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`
}
