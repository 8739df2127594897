// SVIDs come as DER, and certificates one after the other in it; TLS takes PEM.

const SEQUENCE = 0x30;

/** Certificates that stand one after the other in DER (X.690 §8.1.3), as PEM. @throws Error for what is none */
export function certificatesPem(der: Uint8Array): string {
  const blocks: string[] = [];
  for (let at = 0; at < der.length; ) {
    const end = at + lengthAt(der, at);
    blocks.push(pem("CERTIFICATE", der.subarray(at, end)));
    at = end;
  }
  return blocks.join("");
}

/** A PKCS#8 key in DER as PEM. */
export const keyPem = (der: Uint8Array): string => pem("PRIVATE KEY", der);

/** How long the sequence is that begins there, its head included, in bytes. */
function lengthAt(der: Uint8Array, at: number): number {
  const [tag, first = 0] = der.subarray(at);
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  let length = first < 0x80 ? first : 0;
  for (const byte of der.subarray(at + 2, at + 2 + lengthBytes)) length = length * 256 + byte;
  const whole = 2 + lengthBytes + length;
  if (tag !== SEQUENCE || lengthBytes > 4 || at + whole > der.length)
    throw new Error("no certificate in DER");
  return whole;
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
