// X.509-SVIDs of one workload, made anew by a trust domain's authority.
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificates } from "../net/certificates.ts";
import type { X509 } from "./workload-api.ts";

export interface Svid extends X509 {
  fingerprint: string;
}

/** An X.509-SVID (X509-SVID §3, §4) by the authority of these certificates, in their folder. */
export function makeSvid(certificates: Certificates, spiffeId: string): Svid {
  const name = `svid-${crypto.randomUUID()}`;
  const path = (file: string) => join(certificates.folder, file);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: certificates.folder, stdio: ["ignore", "pipe", "ignore"] });
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
  openssl("req", "-new", "-key", `${name}.key`, "-subj", "/C=US/O=SPIRE", "-out", `${name}.csr`);
  writeFileSync(
    path(`${name}.ext`),
    `subjectAltName=URI:${spiffeId}\nkeyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n`,
  );
  const authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1"];
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}.csr`,
    ...authority,
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.pem`,
  );
  const leaf = new X509Certificate(readFileSync(path(`${name}.pem`)));
  const bundle = new X509Certificate(readFileSync(certificates.caFile)).raw;
  return {
    fingerprint: leaf.fingerprint256,
    // With what stands above it, as agents of nested trust domains hand it out.
    chain: Buffer.concat([leaf.raw, bundle]),
    key: openssl("pkcs8", "-topk8", "-nocrypt", "-in", `${name}.key`, "-outform", "DER"),
    bundle,
  };
}
