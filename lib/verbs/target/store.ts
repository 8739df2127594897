import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { isUnexpanded } from "../../plain-text.ts";
import type { PassphraseHolder, PassphraseQuestion } from "../../store/key/passphrase.ts";
import { type IO, isAskable } from "../../ui/io.ts";
import { type Cache, createCache, openProfileStore, type Store } from "./saved.ts";

/**
 * The store of a command; nothing is opened before its first use.
 *
 * @throws M2mcpError (exit 1) when `--store` names no place
 */
export function storeOf(command: Command): Store {
  // One for all of a run: what it has opened, a person's passphrase too, stays open.
  const store = stores.get(command.io) ?? openStoreOf(command);
  stores.set(command.io, store);
  return store;
}

const stores = new WeakMap<IO, Store>();

function openStoreOf({ verb, options, output, io }: Command): Store {
  // It would open a new store well, and no other.
  if (isUnexpanded(io.env.M2MCP_PASSPHRASE ?? ""))
    throw wrongUsage("M2MCP_PASSPHRASE is a variable that nothing expanded", "check where it is set");
  const choice = options.value("store");
  if (choice !== undefined && choice !== "keyring" && choice !== "file" && choice !== "passphrase")
    throw wrongUsage(
      `unknown --store ${choice}`,
      "it is keyring, file or passphrase; a passphrase counts where M2MCP_PASSPHRASE is set, too",
    );
  return openProfileStore({
    env: io.env,
    warn: (line) => output.warn(line),
    ...(choice ? { choice } : {}),
    // What is typed at a bridge's terminal are its messages.
    ...(verb === "bridge" ? {} : { holder: personAt(io) }),
  });
}

const personAt = (io: IO): PassphraseHolder => ({
  isThere: () => isAskable(io),
  async ask(question) {
    const { askerAt } = await import("../../ui/ask.ts");
    const asker = askerAt(io);
    if (question === "again") asker?.say("that does not open the store");
    return asker?.hidden(QUESTIONS[question]) ?? null;
  },
});

const QUESTIONS: Record<PassphraseQuestion, string> = {
  open: "passphrase of the store",
  again: "passphrase of the store",
  new: "passphrase for the new store",
  repeat: "once more",
};

/**
 * What the store remembers beside a profile, or for a server that is used without one.
 *
 * @param of the profile's name, or the parts that tell this use from others
 */
export const cacheOf = (store: Store, of: string | readonly string[]): Cache =>
  createCache(store, async () => (typeof of === "string" ? of : store.stateId([...of])));
