/**
 * Turns values into bytes and back. The name is recorded with the object, so that a reader needs no hint.
 *
 * Both methods throw when they can't do it without loss, or return a Promise of the result.
 */
export interface Serializer<A> {
  /** A stable name, recorded in the object's metadata. Custom ones are best prefixed, such as `acme/avro`. */
  readonly name?: string
  /** The media type of the bytes, recorded beside the name. */
  readonly contentType?: string
  readonly serialize: (value: A) => Uint8Array | Promise<Uint8Array>
  readonly deserialize: (data: Uint8Array<ArrayBuffer>) => A | Promise<A>
}
