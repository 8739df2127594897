// A store in a folder of its own, for tests of lib/store: opened here, or by a program of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { M2mcpError } from "../../lib/failure.ts";
import type { Keyring } from "../../lib/platform/keyring/keyring.ts";
import { openStore } from "../../lib/store/store.ts";
import type { Profile, State } from "../../lib/verbs/target/saved.ts";

/** A keyring in memory stands in here; the real one has its own test. */
export function createKeyring(works = true): Keyring & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const check = () => {
    if (!works) throw new Error("nobody answers");
  };
  return {
    kept,
    async read(account) {
      check();
      return kept.get(account) ?? null;
    },
    async write(account, secret) {
      check();
      kept.set(account, secret);
    },
    async remove(account) {
      check();
      kept.delete(account);
    },
  };
}

export const NO_KEYRING = createKeyring(false);
/** State of credentials from the environment. */
export const UNNAMED = "0123456789abcdef".repeat(2);

export const profileNamed = (name: string): Profile => ({
  name,
  server: `https://${name}.example/mcp`,
  createdAtMs: 1,
});

/** The code of what work throws; "none" when it does not. */
export const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof M2mcpError ? error.code : String(error)),
  );

export const ended = (child: ChildProcess) => new Promise((resolve) => child.on("close", resolve));

/** A folder for one store that is not made yet. */
export function createStoreFolder() {
  const parent = mkdtempSync(join(tmpdir(), "m2mcp-store-"));
  const folder = join(parent, "store");
  const warnings: string[] = [];
  return {
    folder,
    /** Beside the store. */
    beside: (name: string) => join(parent, name),
    warnings,
    open: (env: Record<string, string> = {}, keyring: Keyring = NO_KEYRING, choice?: "keyring" | "file") =>
      openStore<Profile, State>({
        env: { M2MCP_HOME: folder, ...env },
        warn: (line) => void warnings.push(line),
        keyring,
        ...(choice ? { choice } : {}),
      }),
    /** A program that has the store open as `store`. */
    program: (body: string) =>
      spawn(
        process.execPath,
        [
          "-e",
          `const { openStore } = await import(${JSON.stringify(join(import.meta.dir, "../../lib/store/store.ts"))});
const store = openStore({ env: { M2MCP_HOME: ${JSON.stringify(folder)}, M2MCP_STORE: "file" }, warn() {} });
${body}`,
        ],
        { stdio: "ignore" },
      ),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  };
}

export type StoreFolder = ReturnType<typeof createStoreFolder>;
