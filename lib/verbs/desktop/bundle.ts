import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { VERSION } from "../../command-line/version.ts";
import { type Bundled, bundleName, manifestOf } from "../../desktop/bundle.ts";
import { pack } from "../../desktop/pack.ts";
import { wrongUsage } from "../../failure.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { writeNew } from "../../platform/files/write-new.ts";
import { ownProgram } from "../../platform/programs/own-program.ts";
import { serverUrl, withoutQuery } from "../target/server-url.ts";
import { guardArguments } from "./guard-arguments.ts";
import { ownEntry } from "./own-entry.ts";

/** `m2mcp bundle [@svc|server]`: a .mcpb file that desktop apps install with a double click. */
export async function run(command: Command): Promise<undefined> {
  const { io, options, output } = command;
  const program = ownProgram(io.env.PATH ?? "");
  if (program.kind === "source")
    throw wrongUsage(
      "a bundle holds the executable, and this is run from source",
      "build it with bun run build, then build/m2mcp bundle",
    );
  const bundled = await bundledFor(command);
  const manifest = manifestOf(bundled, VERSION, process.platform, guardArguments(options));
  if (options.on("print")) {
    output.data(manifest);
    output.print(JSON.stringify(manifest, null, 2));
    return;
  }
  const file = resolve(io.cwd, options.value("output") ?? `${bundleName(bundled)}.mcpb`);
  output.step(`packing ${program.command}`);
  const bytes = await pack(manifest, await readFile(process.execPath), process.platform);
  await write(file, bytes);
  output.data({ file, bytes: bytes.length, name: manifest.name, platform: process.platform });
  output.print(`${file} (${Math.round(bytes.length / 1e6)} MB, for ${process.platform} ${process.arch})`);
  output.note(
    bundled.kind === "profile"
      ? `next: open it with Claude Desktop; it uses @${bundled.profile} as saved on this machine`
      : "next: open it with Claude Desktop, which asks for what it needs and keeps the secret in the keyring",
  );
}

async function bundledFor(command: Command): Promise<Bundled> {
  const [text] = command.positionals;
  if (text === undefined) return { kind: "any" };
  if (!text.startsWith("@")) return { kind: "server", server: withoutSecrets(serverUrl(text)) };
  const { profile, server, entry, warnings } = await ownEntry(command, text);
  for (const warning of warnings) command.output.warn(warning);
  return { kind: "profile", profile, server: withoutQuery(server), env: entry.env };
}

/** A query is where some servers want a key. */
function withoutSecrets(server: string): string {
  if (withoutQuery(server) !== server)
    throw wrongUsage(
      "the address has a query, which may hold a secret, and a bundle is there to be handed on",
      "save the connection with m2mcp connect, then bundle it by its name",
    );
  return server;
}

/** @throws M2mcpError (exit 1) where it cannot be written */
async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeNew(dirname(file), basename(file), bytes, true);
  } catch (error) {
    throw wrongUsage(`cannot write ${file}: ${reasonOf(error)}`, "--output FILE names another place");
  }
}
