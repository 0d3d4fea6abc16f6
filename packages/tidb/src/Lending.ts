/**
 * Sends the last value of a statement from where it lies.
 *
 * The driver copies all parameters of a statement into one packet of new memory. For chunks that is as much garbage as there
 * are bytes in the object, and more than half of the processor time of a write went into making and collecting it. So the
 * driver binds an empty value instead, and the packet that it writes for it is completed on its way out. In MySQL's protocol
 * the values are the end of that packet:
 *
 *   length of the rest (3 bytes), sequence (1), 0x17: execute (1), …, length of the last value (1 to 9), the last value
 */
import type { Socket } from "node:net"

/** A parameter whose bytes nobody changes while the statement runs, also after its caller has gone. Copied unless it is the last one. */
export class LentBytes {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

/** What the driver binds in place of what is lent. */
export const placeholder: Buffer = Buffer.alloc(0)

/** Less is copied sooner than it is sent apart, and its length would be written in another form. */
const minLentBytes = 65_536

/** Half of what a packet carries: there is room for what comes before it. */
const maxLentBytes = 8 * 1024 * 1024

const headerBytes = 4
const executeCommand = 0x17
const emptyValue = 0
const lengthInThreeBytes = 0xfd

/** Whether a packet is a whole statement whose last value is empty. */
const endsEmpty = (packet: Buffer): boolean =>
  packet[headerBytes] === executeCommand &&
  packet.readUIntLE(0, 3) === packet.byteLength - headerBytes &&
  packet.at(-1) === emptyValue

/** The packet with the length of its last value, and its own, as they are when `valueBytes` follow. */
const announcing = (packet: Buffer, valueBytes: number): Buffer => {
  const head = Buffer.allocUnsafe(packet.byteLength + 3)
  packet.copy(head)
  head[packet.byteLength - 1] = lengthInThreeBytes
  head.writeUIntLE(valueBytes, packet.byteLength, 3)
  head.writeUIntLE(head.byteLength - headerBytes + valueBytes, 0, 3)
  return head
}

type Done = (error?: Error | null) => void

/** Completes what the driver writes to a socket, one statement at a time. With TLS the driver writes to another one. */
export class Lending {
  #lent: Buffer | undefined

  /** Begins to look at what is written. The socket has begun to connect already: that puts back its own `write`. */
  constructor(socket: Socket) {
    const write = (data: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done): boolean =>
      typeof encoding === "function" ? plainWrite(data, encoding) : plainWrite(data, encoding, done)
    const plainWrite = socket.write.bind(socket)
    socket.write = (data: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done) => {
      const lent = this.#lent
      if (lent === undefined || !Buffer.isBuffer(data) || !endsEmpty(data)) return write(data, encoding, done)
      this.#lent = undefined
      // Both in one call to the system.
      socket.cork()
      plainWrite(announcing(data, lent.byteLength))
      const hasRoom = write(lent, encoding, done)
      socket.uncork()
      return hasRoom
    }
  }

  /** Takes the last value of the next statement, for which the driver binds `placeholder`; `false` where it shall be copied. */
  lend(value: Buffer): boolean {
    if (value.byteLength < minLentBytes || value.byteLength > maxLentBytes) return false
    this.#lent = value
    return true
  }

  /** Forgets what was lent, and says whether there was anything that has not been sent. */
  takeBack(): boolean {
    const wasKept = this.#lent !== undefined
    this.#lent = undefined
    return wasKept
  }
}
