/** A proxy in front of a server that does something at a chosen request: the way to break a server at a chosen step. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"

/** What is to happen, and when. */
export interface Trip {
  /** At which piece of what clients send, counted from 1 since it was armed. */
  readonly at: number
  /** Before the piece is passed on, or when the server has answered it, in place of the answer. */
  readonly when: "before" | "after"
  readonly act: () => Promise<void>
}

interface Armed extends Trip {
  seen: number
}

export interface Tripwire {
  readonly port: number
  /** Arms it, and gives a function that disarms it and says whether it had tripped. */
  readonly arm: (trip: Trip) => () => boolean
  /** How many connections were ever made. */
  readonly connections: () => number
}

const listen = (server: ReturnType<typeof createServer>) =>
  Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      // A server that listens on a TCP port has an address of this shape.
      resume(Effect.succeed((server.address() as AddressInfo).port))
    })
  })

/** Joins two sockets; what `onData` says of a piece decides whether it is passed on. */
const join = (client: Socket, upstream: Socket, armed: () => Armed | undefined): void => {
  let hasTrippedAfter: Armed | undefined
  client.on("data", (piece) => {
    const trip = armed()
    if (trip !== undefined) trip.seen++
    const trips = trip !== undefined && trip.seen === trip.at
    if (trips && trip.when === "before") {
      client.pause()
      void trip.act().then(() => {
        client.resume()
        upstream.write(piece)
      })
      return
    }
    if (trips) hasTrippedAfter = trip
    upstream.write(piece)
  })
  upstream.on("data", (piece) => {
    const trip = hasTrippedAfter
    hasTrippedAfter = undefined
    if (trip === undefined) client.write(piece)
    else void trip.act()
  })
}

/** Puts a tripwire in front of a port of this machine. */
export const make = Effect.fnUntraced(function* (targetPort: number) {
  const sockets = new Set<Socket>()
  let armed: Armed | undefined
  let connections = 0
  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  const server = createServer((client) => {
    connections++
    const upstream = connect(targetPort, "127.0.0.1")
    keep(client, upstream)
    keep(upstream, client)
    join(client, upstream, () => armed)
  })
  const port = yield* Effect.acquireRelease(listen(server), () =>
    Effect.sync(() => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }),
  )
  const tripwire: Tripwire = {
    port,
    connections: () => connections,
    arm: (trip) => {
      const mine: Armed = { ...trip, seen: 0 }
      armed = mine
      return () => {
        armed = undefined
        return mine.seen >= mine.at
      }
    },
  }
  return tripwire
})
