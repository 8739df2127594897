// SVIDs come as DER, and certificates one after the other in it; TLS takes PEM.
import { elements } from "../../client/pkcs8.ts";

const SEQUENCE = 0x30;

/** Certificates that stand one after the other in DER (X.690 §8.1.3), as PEM. @throws Error for what is none */
export function certificatesPem(der: Uint8Array): string {
  const found = elements(Buffer.from(der));
  if (found.some(({ tag }) => tag !== SEQUENCE)) throw new RangeError("no certificate in DER");
  return found.map(({ whole }) => pem("CERTIFICATE", whole)).join("");
}

/** A PKCS#8 key in DER as PEM. */
export const keyPem = (der: Uint8Array): string => pem("PRIVATE KEY", der);

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
