// A tour of every operation of FrameDB, as `npm start` runs it: in memory, or with `-- --live` on real servers that it
// starts and stops. Each lesson is a file in `tour/`.
import { backups } from "./tour/backups.ts"
import { caching } from "./tour/caching.ts"
import { failures } from "./tour/failures.ts"
import { Guide } from "./tour/Guide.ts"
import { objects } from "./tour/objects.ts"
import { queues } from "./tour/queues.ts"
import { liveStage, memoryStage } from "./tour/Stage.ts"
import { streams } from "./tour/streams.ts"
import { values } from "./tour/values.ts"

const isLive = process.argv.includes("--live")
const lessons = [objects, values, caching, queues, streams, backups, failures]

const guide = new Guide()
await using stage = isLive ? await liveStage() : memoryStage()
guide.welcome(stage.where)
for (const lesson of lessons) await lesson(stage.db, guide)
guide.end(
  isLive
    ? "The servers stop now. The code of each chapter is a file in examples/tour."
    : "`npm start -- --live` takes the same tour on real servers. The code of each chapter is a file in examples/tour.",
)
