import { badKey } from "../errors.ts";

/** A private key in PEM (RFC 7468). */
export interface PemKey {
  /** The whole block. */
  pem: string;
  label: string;
  der: Buffer;
  encrypted: boolean;
}

/**
 * The private key in a text, which may hold certificates and parameters beside it.
 * @throws M2mcpError bad_key that says what the text holds instead, and never quotes it
 */
export function privateKeyBlock(text: string): PemKey {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)];
  const block = blocks.find(([, label]) => label?.endsWith("PRIVATE KEY"));
  const [pem, label, body = ""] = block ?? [];
  if (pem === undefined || label === undefined) throw badKey(whatElse(blocks[0]?.[1]));
  if (label === "OPENSSH PRIVATE KEY")
    throw badKey("it is in OpenSSH's own form: ssh-keygen -p -m PKCS8 -f FILE converts it");
  const encrypted = label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED");
  return { pem, label, der: Buffer.from(body, "base64"), encrypted };
}

function whatElse(label: string | undefined): string {
  if (label?.endsWith("PUBLIC KEY")) return "it is a public key: the private one is needed";
  if (label?.endsWith("CERTIFICATE"))
    return "it is a certificate (--certificate takes that): the private key is needed";
  return "it is neither a PEM private key nor a JWK";
}
