// Builds every package, each after those that it depends on.
import { buildPackage } from "./build/buildPackage.ts"
import { packageFolders } from "./build/packageFolders.ts"

const built = new Set<string>()
for (const folder of packageFolders()) buildPackage(folder, built)
