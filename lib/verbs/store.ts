import type { Command } from "../command-line/command.ts";
import { suggest } from "../command-line/suggest.ts";
import { showControls } from "../controls.ts";
import { wrongUsage } from "../failure.ts";
import type { KeyPlace } from "../store/key/description.ts";
import { askerAt } from "../ui/ask.ts";
import { table } from "../ui/table.ts";
import { storeOf } from "./target/store.ts";

const ACTIONS = ["move", "passphrase"] as const;
const PLACES: readonly KeyPlace[] = ["keyring", "file", "passphrase"];

/** `m2mcp store`, `m2mcp store move --to PLACE`, `m2mcp store passphrase`. */
export async function run(command: Command): Promise<undefined> {
  const [action, ...more] = command.positionals;
  if (more[0] !== undefined)
    // Not repeated: it may be a passphrase.
    throw wrongUsage(
      action === "passphrase" ? "a passphrase is never an argument" : "store was given an argument too many",
      action === "passphrase"
        ? "set M2MCP_NEW_PASSPHRASE, or type it when asked"
        : "m2mcp store move --to PLACE",
    );
  const to = command.options.value("to");
  if (action === "move") return move(command, place(to));
  if (to !== undefined && (action === undefined || action === "passphrase"))
    throw wrongUsage("--to belongs to store move", `m2mcp store move --to ${PLACES.join("|")}`);
  if (action === undefined) return show(command);
  if (action === "passphrase") return move(command, "passphrase");
  const near = suggest(action, ACTIONS);
  throw wrongUsage(
    near ? `unknown action ${action}` : "store does not know this action",
    near ? `did you mean store ${near}` : "there are move and passphrase",
  );
}

function place(text: string | undefined): KeyPlace {
  const found = PLACES.find((known) => known === text);
  if (!found)
    throw wrongUsage(
      text === undefined ? "store move needs a place" : `unknown place ${text}`,
      `write --to ${PLACES.join(", --to ")}`,
    );
  return found;
}

async function show(command: Command): Promise<undefined> {
  const store = storeOf(command);
  const { folder } = store;
  // A look makes no store.
  if (!(await store.exists())) {
    command.output.data({ folder, key: null });
    command.output.print(`there is no store yet: m2mcp login makes one in ${showControls(folder)}`);
    return;
  }
  const keyPlace = await store.keyPlace();
  command.output.data({ folder, key: keyPlace });
  command.output.print(
    table([
      ["folder", folder],
      ["key", inWords[keyPlace]],
    ]),
  );
}

const inWords: Record<KeyPlace, string> = {
  keyring: "in the OS keyring",
  passphrase: "from the passphrase in M2MCP_PASSPHRASE",
  file: "in a file beside the store, readable by this user alone",
};

async function move(command: Command, to: KeyPlace): Promise<undefined> {
  const store = storeOf(command);
  if (!(await store.exists())) throw wrongUsage("there is no store yet", "m2mcp login makes one");
  const passphrase = to === "passphrase" ? await newPassphrase(command, await store.keyPlace()) : undefined;
  await store.move(to, passphrase);
  command.output.data({ key: to });
  command.output.print(
    `the store's key is now ${to === "passphrase" ? "from the new passphrase" : inWords[to]}`,
  );
  if (to === "passphrase") command.output.note("set M2MCP_PASSPHRASE to it from now on");
}

/**
 * The new passphrase, from M2MCP_NEW_PASSPHRASE, from M2MCP_PASSPHRASE where it is the first one, or typed twice: it is
 * never an argument.
 */
async function newPassphrase(command: Command, was: KeyPlace): Promise<string> {
  const { env } = command.io;
  if (env.M2MCP_NEW_PASSPHRASE) return env.M2MCP_NEW_PASSPHRASE;
  if (was !== "passphrase" && env.M2MCP_PASSPHRASE) return env.M2MCP_PASSPHRASE;
  const asker = askerAt(command.io);
  if (!asker)
    throw wrongUsage("no new passphrase given", "set M2MCP_NEW_PASSPHRASE, or type it at a terminal");
  const typed = await asker.hidden("new passphrase");
  if (!typed) throw wrongUsage("no new passphrase given", "type it, or set M2MCP_NEW_PASSPHRASE");
  if ((await asker.hidden("once more")) !== typed) throw wrongUsage("the two differ", "try again");
  return typed;
}
