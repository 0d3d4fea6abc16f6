/**
 * Sends the values of a statement without the driver's copies of them.
 *
 * The driver copies all parameters of a statement into one packet of new memory, which is as much garbage as there are bytes
 * in them: of a chunk, more than half of the processor time of its write went into making and collecting it. So the driver
 * binds empty values instead, and the packet that it writes for them is completed on its way out. In MySQL's protocol the
 * values are the end of that packet, each behind its length:
 *
 *   length of the rest (3 bytes), sequence (1), 0x17: execute (1), …, and of each value: its length (1 to 9 bytes), its bytes
 *
 * The completed packet is put together in memory that the connection keeps for the next one; a last value that is lent goes
 * to the socket from where it lies.
 */
import type { Socket } from "node:net"

/** A parameter whose bytes nobody changes while the statement runs, also after its caller has gone. Copied unless it is the last one. */
export class LentBytes {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

/** What a bound parameter may be: the driver stores other types wrongly, or compares them as numbers. */
export type Parameter = string | Buffer | LentBytes

const noBytes: Buffer = Buffer.alloc(0)

/** What the driver binds in place of a parameter: its type tells the server what the value is. */
export const placeholderOf = (parameter: Parameter): string | Buffer => (typeof parameter === "string" ? "" : noBytes)

/** A statement with fewer bytes of values is left to the driver, which takes as long; a lent value with fewer is copied sooner than sent apart. */
const minBytes = 65_536

/** Half of what a packet carries: there is room for what comes before the values. */
const maxBytes = 8 * 1024 * 1024

/** The most memory that a connection keeps: what a batch of the usual size takes, with its keys. */
const maxKeptBytes = 1_280 * 1024

/** Memory grows by so much, so that batches of nearly one size share it. */
const roomStep = 64 * 1024

const headerBytes = 4
const executeCommand = 0x17

/** What a value's length takes below 16 MiB, and a unit of UTF-16 in UTF-8. */
const mostLengthBytes = 4
const mostUnitBytes = 3

/** Whether a packet is a whole statement whose last values, so many, are empty. */
const endsEmpty = (packet: Buffer, count: number): boolean => {
  const end = packet.byteLength
  if (packet[headerBytes] !== executeCommand || packet.readUIntLE(0, 3) !== end - headerBytes) return false
  for (let at = end - count; at < end; at++) if (packet[at] !== 0) return false
  return end - count > headerBytes
}

const bytesOf = (value: Buffer | LentBytes): Buffer => (value instanceof LentBytes ? value.bytes : value)

const mostBytesOf = (value: Parameter): number =>
  mostLengthBytes + (typeof value === "string" ? value.length * mostUnitBytes : bytesOf(value).byteLength)

/** Writes a length as the protocol has it, and gives where it ends. */
const writeLength = (room: Buffer, length: number, at: number): number => {
  if (length < 0xfb) return room.writeUInt8(length, at)
  if (length <= 0xffff) return room.writeUInt16LE(length, room.writeUInt8(0xfc, at))
  return room.writeUIntLE(length, room.writeUInt8(0xfd, at), 3)
}

const writeValue = (room: Buffer, value: Parameter, at: number): number => {
  if (typeof value === "string") {
    const start = writeLength(room, Buffer.byteLength(value), at)
    return start + room.write(value, start)
  }
  const bytes = bytesOf(value)
  const start = writeLength(room, bytes.byteLength, at)
  room.set(bytes, start)
  return start + bytes.byteLength
}

type Done = (error?: Error | null) => void

/** The values of a statement, and how much memory they take at most. */
interface Values {
  readonly parameters: ReadonlyArray<Parameter>
  readonly mostBytes: number
}

/** The last value, where it is sent apart. */
const lentOf = ({ parameters }: Values): Buffer | undefined => {
  const last = parameters.at(-1)
  return last instanceof LentBytes && last.bytes.byteLength >= minBytes ? last.bytes : undefined
}

/** Completes what the driver writes to a socket, one statement at a time. With TLS the driver writes to another one. */
export class Lending {
  readonly #socket: Socket
  #values: Values | undefined
  #kept: Buffer = noBytes

  /** Begins to look at what is written. The socket has begun to connect already: that puts back its own `write`. */
  constructor(socket: Socket) {
    this.#socket = socket
    const write = (data: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done): boolean =>
      typeof encoding === "function" ? plainWrite(data, encoding) : plainWrite(data, encoding, done)
    const plainWrite = socket.write.bind(socket)
    socket.write = (data: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done) => {
      const values = this.#values
      if (values === undefined || !Buffer.isBuffer(data) || !endsEmpty(data, values.parameters.length)) {
        return write(data, encoding, done)
      }
      this.#values = undefined
      const lent = lentOf(values)
      const head = this.#complete(data, values, lent)
      if (lent === undefined) return write(head, encoding, done)
      // Both in one call to the system.
      socket.cork()
      plainWrite(head)
      const hasRoom = write(lent, encoding, done)
      socket.uncork()
      return hasRoom
    }
  }

  /** Takes the values of the next statement, for which the driver binds placeholders; `false` where it shall copy them. */
  lend(parameters: ReadonlyArray<Parameter>): boolean {
    let mostBytes = 0
    for (const parameter of parameters) mostBytes += mostBytesOf(parameter)
    if (mostBytes < minBytes || mostBytes > maxBytes) return false
    this.#values = { parameters, mostBytes }
    return true
  }

  /** Forgets what was lent, and says whether there was anything that has not been sent. */
  takeBack(): boolean {
    const wasKept = this.#values !== undefined
    this.#values = undefined
    return wasKept
  }

  /** The packet with its values, but for the bytes of a last one that is sent apart. */
  #complete(packet: Buffer, { parameters, mostBytes }: Values, apart: Buffer | undefined): Buffer {
    const apartBytes = apart?.byteLength ?? 0
    const room = this.#room(packet.byteLength + mostBytes - apartBytes)
    let at = packet.copy(room, 0, 0, packet.byteLength - parameters.length)
    const count = apart === undefined ? parameters.length : parameters.length - 1
    for (let index = 0; index < count; index++) at = writeValue(room, parameters[index] ?? "", at)
    if (apart !== undefined) at = writeLength(room, apartBytes, at)
    room.writeUIntLE(at - headerBytes + apartBytes, 0, 3)
    return room.subarray(0, at)
  }

  /** So many bytes that nobody reads any more. */
  #room(byteLength: number): Buffer {
    // What has not gone to the system yet may be what was put together last.
    const isFree = this.#socket.writableLength === 0
    if (isFree && this.#kept.byteLength >= byteLength) return this.#kept
    const room = Buffer.allocUnsafeSlow(Math.ceil(byteLength / roomStep) * roomStep)
    if (room.byteLength <= maxKeptBytes) this.#kept = room
    return room
  }
}
