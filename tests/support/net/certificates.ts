// A private certificate authority for loopback, made anew for each run with openssl.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificates {
  folder: string;
  caFile: string;
  server: { certFile: string; keyFile: string };
  client: { certFile: string; keyFile: string };
  /** Another certificate for the same client. */
  renewed: { certFile: string; keyFile: string };
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-ca-"));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const keyOf = (name: string) =>
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path(`${name}.key`));
  keyOf("ca");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    "ca.key",
    "-subj",
    "/CN=test authority",
    "-days",
    "2",
    "-out",
    "ca.pem",
  );
  writeFileSync(
    path("names"),
    "subjectAltName=DNS:localhost,DNS:mcp.corp.invalid,DNS:login.corp.invalid,IP:127.0.0.1\n",
  );
  for (const name of ["server", "client", "renewed"]) {
    keyOf(name);
    openssl(
      "req",
      "-new",
      "-key",
      `${name}.key`,
      "-subj",
      `/CN=${name === "renewed" ? "client" : name}`,
      "-out",
      `${name}.csr`,
    );
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "names",
      "-out",
      `${name}.pem`,
    );
  }
  return {
    folder,
    caFile: path("ca.pem"),
    server: { certFile: path("server.pem"), keyFile: path("server.key") },
    client: { certFile: path("client.pem"), keyFile: path("client.key") },
    renewed: { certFile: path("renewed.pem"), keyFile: path("renewed.key") },
  };
}
