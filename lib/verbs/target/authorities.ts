import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";

/**
 * The certificate authorities in the file of --ca, PEM.
 *
 * @throws M2mcpError (exit 1) when it cannot be read or holds none: the connection would fail without saying why
 */
export async function readAuthorities(command: Command, path: string): Promise<string> {
  const text = readOptionFile(command, path);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const { X509Certificate } = await import("node:crypto");
  try {
    if (blocks.length > 0 && blocks.every((block) => new X509Certificate(block))) return text;
  } catch {
    // One of them is none.
  }
  throw wrongUsage(
    `${path}, the file of --ca, holds no certificate in PEM form`,
    "openssl x509 -inform der -in FILE -out ca.pem turns a DER certificate into one",
  );
}

function readOptionFile(command: Command, path: string): string {
  try {
    return readFileSync(resolve(command.io.cwd, path), "utf8");
  } catch {
    throw wrongUsage(`cannot read ${path}, the file of --ca`, "check the path and its permissions");
  }
}
