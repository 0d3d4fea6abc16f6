// Builds the package in the current folder; called by the `build` script of each. What it depends on is built first where
// it has never been: after a change there, build everything with `npm run build`.
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { buildPackage } from "./build/buildPackage.ts"
import { packageFolders } from "./build/packageFolders.ts"

const folder = resolve(process.cwd())
const built = packageFolders().filter((other) => other !== folder && existsSync(join(other, "dist")))
buildPackage(folder, new Set(built))
