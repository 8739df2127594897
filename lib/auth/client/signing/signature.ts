import { elements } from "../pkcs8.ts";

/** Bytes of a signature of JOSE (RFC 7518 §3.4, RFC 8037 §3.1); those of RSA have as many as the key. */
const SIZES: Record<string, number> = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64, Ed25519: 64 };
const RSA_LEAST = 256;
const RSA_MOST = 2048;

/** What HashiCorp's transit engine puts before a signature. */
const VAULT = /^vault:v\d+:/;
const ENCODED = /^[A-Za-z0-9+/_\-\s]+={0,2}$/;

/**
 * The signature as JOSE has it, out of what a signing program printed: the bytes themselves, or base64 of either
 * alphabet; that of ECDSA in DER (RFC 3279 §2.2.3) or already as its two numbers.
 *
 * @returns null where it is no signature of the algorithm
 */
export function joseSignature(printed: Buffer, alg: string): Buffer | null {
  for (const bytes of readings(printed)) {
    const signature = inForm(bytes, alg);
    if (signature) return signature;
  }
  return null;
}

/** What was printed may mean: text that stands for bytes before bytes that look like text, which none do by chance. */
function readings(printed: Buffer): Buffer[] {
  const text = printed.toString("latin1").trim().replace(VAULT, "");
  const decoded = ENCODED.test(text) ? [Buffer.from(text, "base64")] : [];
  const isEnded = (end: string) => printed.toString("latin1").endsWith(end);
  // A line end may be the shell's, or the signature's own last bytes.
  const ends = ["\n", "\r\n"].filter(isEnded).map(({ length }) => printed.subarray(0, -length));
  return [...decoded, printed, ...ends];
}

function inForm(bytes: Buffer, alg: string): Buffer | null {
  const size = SIZES[alg];
  if (size === undefined)
    // Keys of RSA are whole numbers of bytes by eights.
    return bytes.length >= RSA_LEAST && bytes.length <= RSA_MOST && bytes.length % 8 === 0 ? bytes : null;
  if (bytes.length === size) return bytes;
  return alg.startsWith("ES") ? fromDer(bytes, size / 2) : null;
}

/** The two numbers of an ECDSA signature, each at its full length, one after the other. */
function fromDer(der: Buffer, length: number): Buffer | null {
  try {
    const [sequence, ...more] = elements(der);
    if (sequence?.tag !== 0x30 || more.length > 0) return null;
    const numbers = elements(sequence.value);
    if (numbers.length !== 2 || numbers.some(({ tag }) => tag !== 0x02)) return null;
    const [r, s] = numbers.map(({ value }) => padded(value, length));
    return r && s ? Buffer.concat([r, s]) : null;
  } catch {
    return null;
  }
}

/** A number without the zero that shows its sign, and with those that its length wants. */
function padded(number: Buffer, length: number): Buffer | null {
  const first = number.findIndex((byte) => byte !== 0);
  const bare = first < 0 ? Buffer.alloc(0) : number.subarray(first);
  return bare.length > length ? null : Buffer.concat([Buffer.alloc(length - bare.length), bare]);
}

/** What a signature of the algorithm must look like, for people. */
export const expectedForm = (alg: string): string =>
  alg.startsWith("ES")
    ? `${SIZES[alg] ?? 0} bytes, or as much in DER`
    : `${SIZES[alg] ?? `${RSA_LEAST} or more`} bytes`;
