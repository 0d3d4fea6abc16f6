/** Starts what all live tests share, once a run, and ends it afterwards. */
import type { TestProject } from "vitest/node"
import { open } from "./harness/Server.ts"
import { sharedServers } from "./harness/sharedServers.ts"
import "./harness/provided.ts"

/** Called by vitest before the first live test; what it returns, after the last. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const servers = await open(sharedServers)
  project.provide("sharedServers", servers.value)
  return servers.close
}
