// The keyring's add-on, in a thread of its own: opening an entry blocks its thread for as long as the message bus does
// not answer. Asked one thing, it answers once.
import { rmSync } from "node:fs";
import type { AsyncEntry } from "@napi-rs/keyring";
import { setNativeVariable } from "./native-environment.ts";

const SERVICE = "m2mcp";

export type KeyringRequest = {
  account: string;
  /** Where the message bus is, if the environment does not say so. */
  busAddress?: string;
  /** The add-on, where it is not for its package to find, and a folder that goes once it is loaded. */
  addon?: { path: string; folder?: string };
} & ({ action: "read" | "remove" } | { action: "write"; secret: string });

export type KeyringAnswer =
  | { kind: "done"; secret: string | null }
  | { kind: "failed"; reason: string }
  | { kind: "not loadable" };

interface Addon {
  AsyncEntry: typeof AsyncEntry;
}

interface Thread {
  onmessage: ((event: { data: KeyringRequest }) => void) | null;
  postMessage(answer: KeyringAnswer): void;
}

const thread = globalThis as unknown as Thread;
thread.onmessage = async ({ data }) => thread.postMessage(await answerTo(data));

async function answerTo(request: KeyringRequest): Promise<KeyringAnswer> {
  let addon: Addon;
  try {
    addon = await loadAddon(request.addon);
  } catch {
    return { kind: "not loadable" };
  }
  try {
    return { kind: "done", secret: await ask(addon, request) };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : "unknown" };
  }
}

async function loadAddon(unpacked: KeyringRequest["addon"]): Promise<Addon> {
  if (unpacked === undefined) {
    // The package would load any file that it names.
    delete process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
    return import("@napi-rs/keyring");
  }
  const module = { exports: {} };
  try {
    process.dlopen(module, unpacked.path);
  } finally {
    if (unpacked.folder) rmSync(unpacked.folder, { recursive: true, force: true });
  }
  return module.exports as Addon;
}

async function ask({ AsyncEntry }: Addon, request: KeyringRequest): Promise<string | null> {
  if (request.busAddress) await setNativeVariable("DBUS_SESSION_BUS_ADDRESS", request.busAddress);
  // The default would fall back to the kernel's keyring, which forgets at the next start.
  const entry = new AsyncEntry(SERVICE, request.account, { linux: { store: "secret-service" } });
  switch (request.action) {
    case "read":
      return entry.getPassword();
    case "write":
      await entry.setPassword(request.secret);
      return null;
    case "remove":
      await entry.deletePassword();
      return null;
  }
}
