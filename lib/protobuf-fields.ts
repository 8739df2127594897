// Protocol Buffers as far as it takes no definitions: what is read of them are a few fields, by their published numbers.
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** Wire types ("Encoding"): integers, and strings, bytes and messages. */
const VARINT = 0;
export const LENGTH_DELIMITED = 2;

/** A message's strings, bytes and messages, by their numbers. @throws Error for what is no message */
export function fieldsOf(message: Uint8Array): [number: number, value: Uint8Array][] {
  const reader = new BinaryReader(message);
  const fields: [number, Uint8Array][] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === LENGTH_DELIMITED) fields.push([number, reader.bytes()]);
    else reader.skip(type, number);
  }
  return fields;
}

/** Its integers. @throws Error for what is no message */
export function integersOf(message: Uint8Array): Map<number, number> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, number>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === VARINT) fields.set(number, Number(reader.int64()));
    else reader.skip(type, number);
  }
  return fields;
}
