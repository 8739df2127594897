// What a desktop app does with a bundle: by the format's own tool, and the official client.
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getMcpConfigForManifest, unpackExtension, v0_3, validateManifest } from "@anthropic-ai/mcpb";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

export interface Unpacked {
  folder: string;
  manifest: ReturnType<typeof v0_3.McpbManifestSchema.parse>;
}

/** Takes a bundle apart, as an app does at its installation. */
export async function unpacked(file: string, folder: string): Promise<Unpacked> {
  expect(await unpackExtension({ mcpbPath: file, outputDir: folder, silent: true })).toBe(true);
  expect(validateManifest(join(folder, "manifest.json"))).toBe(true);
  const manifest = v0_3.McpbManifestSchema.parse(
    JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")),
  );
  return { folder, manifest };
}

/** Starts it as an app does, with the values that its user gave. */
export async function started(bundle: Unpacked, userConfig: Record<string, string>, HOME: string) {
  const config = await getMcpConfigForManifest({
    manifest: bundle.manifest,
    extensionPath: bundle.folder,
    systemDirs: { HOME },
    userConfig,
    pathSeparator: "/",
  });
  if (!config) return undefined;
  const client = new Client({ name: "app", version: "1" });
  const env = { HOME, PATH: "/usr/bin:/bin", ...config.env };
  const { command, args = [] } = config;
  await client.connect(new StdioClientTransport({ command, args, env, cwd: "/", stderr: "ignore" }));
  return client;
}
