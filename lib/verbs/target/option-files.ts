import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Call } from "../../command-line/command.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import { openProfileStore, type Store } from "./saved.ts";

/**
 * The store of this call; nothing is opened before its first use.
 *
 * @throws M2mcpError (exit 1) when `--store` names no place
 */
export function storeOf(call: Call): Store {
  const { options, output, around } = call;
  const choice = options.value("store");
  if (choice !== undefined && choice !== "keyring" && choice !== "file")
    throw wrongUsage(
      `unknown --store ${choice}`,
      "it is keyring or file; a passphrase counts where M2MCP_PASSPHRASE is set",
    );
  return openProfileStore({
    env: around.env,
    warn: (line) => output.warn(line),
    ...(choice ? { choice } : {}),
  });
}

/**
 * The text of a file that an option names.
 *
 * @throws M2mcpError (exit 1)
 */
function readOptionFile(call: Call, option: OptionName, path: string): string {
  try {
    return readFileSync(resolve(call.around.cwd, path), "utf8");
  } catch {
    throw wrongUsage(`cannot read ${path}, the file of --${option}`, "check the path and its permissions");
  }
}

/**
 * The certificate authorities in the file of --ca, PEM.
 *
 * @throws M2mcpError (exit 1) when it cannot be read or holds none: the connection would fail without saying why
 */
export function readAuthorities(call: Call, path: string): string {
  const text = readOptionFile(call, "ca", path);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
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

/** All that comes on stdin. */
export async function readStdin(call: Call): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of call.around.stdin)
    chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks).toString("utf8");
}
