// Keys in the forms that people have them in, made anew with openssl.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PASSPHRASE = "correct horse";

export interface KeyForm {
  name: string;
  text: string;
  passphrase?: string;
}

/** Kinds of keys, with the algorithms that each signs with. */
export const KINDS: Record<string, { openssl: string[]; algs: string[] }> = {
  RSA: {
    openssl: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    algs: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  },
  "RSA-PSS": {
    openssl: ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    algs: ["PS256", "PS384", "PS512"],
  },
  "RSA-PSS for SHA-384": {
    openssl: [
      ...["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
      ...["-pkeyopt", "rsa_pss_keygen_md:sha384", "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha384"],
    ],
    algs: ["PS384"],
  },
  "P-256": { openssl: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], algs: ["ES256"] },
  "P-384": { openssl: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"], algs: ["ES384"] },
  "P-521": { openssl: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], algs: ["ES512"] },
  Ed25519: { openssl: ["-algorithm", "ED25519"], algs: ["EdDSA"] },
};

export interface MadeKey {
  forms: KeyForm[];
  publicPem: string;
  /** Of RSA keys, which runtimes do not read when they are for PSS alone. */
  modulusHex?: string;
  certificatePem: string;
}

/** One key of a kind in all its forms; its public half and a certificate for it. */
export function makeKey(kind: string): MadeKey {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-key-"));
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }).toString();
  try {
    openssl("genpkey", ...(KINDS[kind]?.openssl ?? []), "-out", "key");
    const protect = ["-passout", `pass:${PASSPHRASE}`];
    const encrypted = (name: string, ...how: string[]): KeyForm => ({
      name,
      text: openssl("pkcs8", "-topk8", "-in", "key", ...how, ...protect),
      passphrase: PASSPHRASE,
    });
    const forms: KeyForm[] = [
      { name: "PKCS#8", text: readFileSync(join(folder, "key"), "utf8") },
      encrypted("encrypted PKCS#8", "-v2", "aes-256-cbc"),
      encrypted("encrypted PKCS#8 with HMAC-SHA-512", "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"),
      encrypted("encrypted PKCS#8 with 3DES", "-v2", "des3"),
      encrypted("encrypted PKCS#8 with scrypt", "-scrypt"),
    ];
    const own = kind === "RSA" ? "PKCS#1" : kind.startsWith("P-") ? "SEC1" : undefined;
    if (own) {
      forms.push({ name: own, text: openssl("pkey", "-in", "key", "-traditional") });
      const text = openssl("pkey", "-in", "key", "-traditional", "-aes256", ...protect);
      forms.push({ name: `encrypted ${own}`, text, passphrase: PASSPHRASE });
    }
    const modulus = kind.startsWith("RSA") ? openssl("rsa", "-in", "key", "-noout", "-modulus") : undefined;
    return {
      forms,
      ...(modulus === undefined ? {} : { modulusHex: modulus.trim().replace("Modulus=", "") }),
      publicPem: openssl("pkey", "-in", "key", "-pubout"),
      certificatePem: openssl("req", "-x509", "-new", "-key", "key", "-subj", "/CN=machine", "-days", "2"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
