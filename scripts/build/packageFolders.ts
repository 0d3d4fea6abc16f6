import { globSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "../root.ts"

/** The folders of all packages that are published. */
export const packageFolders = (): ReadonlyArray<string> =>
  globSync("packages/*/package.json", { cwd: root })
    .map((manifest) => join(root, dirname(manifest)))
    .sort()
