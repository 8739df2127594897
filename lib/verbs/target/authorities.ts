import { resolve } from "node:path";
import { pemText } from "../../auth/client/pem.ts";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { textOf } from "../../plain-text.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";

/** The bundles of operating systems have a few hundred KiB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Not beyond the next five dashes, so that a text of many beginnings is read once. */
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*(?:-(?!----)[^-]*)*-----END CERTIFICATE-----/g;

/**
 * The certificate authorities in the file of --ca, PEM.
 *
 * @throws M2mcpError (exit 1) when it cannot be read or holds none: the connection would fail without saying why
 */
export async function readAuthorities(command: Command, path: string): Promise<string> {
  const text = pemText(await readOptionFile(command, path));
  const blocks = text.match(CERTIFICATES) ?? [];
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

async function readOptionFile(command: Command, path: string): Promise<string> {
  try {
    const limits = { maxBytes: MAX_BYTES, pipes: true };
    return textOf((await readRegularFile(resolve(command.io.cwd, path), limits)).bytes);
  } catch (error) {
    const why = reasonOf(error);
    throw wrongUsage(`cannot read ${path}, the file of --ca: ${why}`, "check the path and its permissions");
  }
}
