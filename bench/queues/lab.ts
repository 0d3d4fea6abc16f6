import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Redis } from "ioredis"

const port = 17433
const srv = spawn("redis-server", ["--port", String(port), "--save", "", "--dir", "/tmp/q"], { stdio: "ignore" })
await new Promise((r) => setTimeout(r, 500))
const redis = new Redis(port)
const body = Buffer.alloc(220, 120)
const N = 100_000
const time = async (name: string, n: number, f: () => Promise<unknown>) => {
  const t = process.hrtime.bigint()
  const c = process.cpuUsage()
  await f()
  const s = Number(process.hrtime.bigint() - t) / 1e9
  const cpu = process.cpuUsage(c)
  console.log(name, Math.round(n / s), "/s", ((cpu.user + cpu.system) / n).toFixed(2), "µs cpu")
}
// streams per-pull cost
for (let k = 0; k < 3; k++) {
  let i = 0
  const pull = Effect.suspend(() => (i++ < 1e6 ? Effect.succeed([i] as const) : Effect.die("x")))
  await time("stream 1/pull", 1e6, () =>
    Effect.runPromise(
      Stream.fromPull(Effect.succeed(pull)).pipe(
        Stream.take(1e6),
        Stream.runForEach(() => Effect.void),
      ),
    ),
  )
}
const fill = async (n: number) => {
  await redis.del("q")
  await redis.xgroup("CREATE", "q", "g", "0", "MKSTREAM")
  for (let j = 0; j < n; j += 1000) {
    const p = redis.pipeline()
    for (let k = 0; k < 1000; k++) p.xadd("q", "*", "data", body)
    await p.exec()
  }
}
for (let k = 0; k < 2; k++) {
  await redis.del("p")
  await time("plain xadd 64", N, async () => {
    let n = 0
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        while (n++ < N) await redis.xadd("p", "*", "data", body)
      }),
    )
  })
  await redis.del("p")
  await time("pipeline xadd 64", N, async () => {
    for (let n = 0; n < N; n += 64) {
      const p = redis.pipeline()
      for (let j = 0; j < 64; j++) p.xadd("p", "*", "data", body)
      await p.exec()
    }
  })
  await redis.del("p")
  redis.defineCommand("addAll", {
    numberOfKeys: 1,
    lua: `local r = {} for i = 1, #ARGV do r[i] = redis.call('XADD', KEYS[1], '*', 'data', ARGV[i]) end return r`,
  })
  const bodies = Array.from({ length: 64 }, () => body)
  await time("lua xadd 64", N, async () => {
    for (let n = 0; n < N; n += 64) await (redis as any).addAll("p", ...bodies)
  })
  await redis.del("p")
  await time("lua xadd 32x2", N, async () => {
    await Promise.all(
      [1, 2].map(async () => {
        for (let n = 0; n < N / 2; n += 32) await (redis as any).addAll("p", ...bodies.slice(0, 32))
      }),
    )
  })
}
for (let k = 0; k < 2; k++) {
  await fill(N)
  await time("bare loop buffer 512", N, async () => {
    for (;;) {
      const r: any = await redis.xreadgroupBuffer("GROUP", "g", "c", "COUNT", 512, "STREAMS", "q", ">")
      if (!r) break
      const ids = r[0][1].map((e: any) => e[0])
      await Promise.all([redis.xack("q", "g", ...ids), redis.xdel("q", ...ids)])
    }
  })
  await fill(N)
  await time("bare loop string 512", N, async () => {
    for (;;) {
      const r: any = await redis.xreadgroup("GROUP", "g", "c", "COUNT", 512, "STREAMS", "q", ">")
      if (!r) break
      const ids = r[0][1].map((e: any) => e[0])
      await redis.xack("q", "g", ...ids)
      await redis.xdel("q", ...ids)
    }
  })
  await fill(N)
  await time("bare loop buffer copy, id string 512", N, async () => {
    for (;;) {
      const r: any = await redis.xreadgroupBuffer("GROUP", "g", "c", "COUNT", 512, "STREAMS", "q", ">")
      if (!r) break
      const ids = r[0][1].map((e: any) => {
        const d = new Uint8Array(e[1][1])
        return e[0].latin1Slice()
      })
      await Promise.all([redis.xack("q", "g", ...ids), redis.xdel("q", ...ids)])
    }
  })
}
redis.disconnect()
srv.kill()
