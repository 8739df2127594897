import type { Command } from "../../command-line/command.ts";
import { EXIT, M2mcpError, wrongUsage } from "../../failure.ts";
import { isUnexpanded } from "../../plain-text.ts";
import { inFolder } from "../errors.ts";
import { type Cache, createCache, openProfileStore, type Store } from "./saved.ts";

/**
 * The store of a command; nothing is opened before its first use.
 *
 * @throws M2mcpError (exit 1) when `--store` names no place
 */
export function storeOf({ options, output, io }: Command): Store {
  // It would open a new store well, and no other.
  if (isUnexpanded(io.env.M2MCP_PASSPHRASE ?? ""))
    throw wrongUsage("M2MCP_PASSPHRASE is a variable that nothing expanded", "check where it is set");
  const choice = options.value("store");
  if (choice !== undefined && choice !== "keyring" && choice !== "file")
    throw wrongUsage(
      `unknown --store ${choice}`,
      "it is keyring or file; a passphrase counts where M2MCP_PASSPHRASE is set",
    );
  return namingFolder(
    openProfileStore({
      env: io.env,
      warn: (line) => output.warn(line),
      ...(choice ? { choice } : {}),
    }),
  );
}

/** The store, whose failures say where it is. */
function namingFolder(store: Store): Store {
  const named = (error: unknown): never => {
    const isStores = error instanceof M2mcpError && error.exitCode === EXIT.store;
    throw isStores ? inFolder(error, store.folder) : error;
  };
  return new Proxy(store, {
    get(of, name: keyof Store) {
      const method = of[name];
      if (typeof method !== "function") return method;
      return (...given: unknown[]) => Promise.resolve(Reflect.apply(method, of, given)).catch(named);
    },
  });
}

/**
 * What the store remembers beside a profile, or for a server that is used without one.
 *
 * @param of the profile's name, or the parts that tell this use from others
 */
export const cacheOf = (store: Store, of: string | readonly string[]): Cache =>
  createCache(store, async () => (typeof of === "string" ? of : store.stateId([...of])));
