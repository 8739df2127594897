import type { TokenOrigin } from "../../../auth/credentials.ts";
import { readSharing } from "../../../auth/sharing/shared-secret.ts";
import type { CacheAddress } from "../../../cache/address.ts";
import { createVault, rootOf, type Vault } from "../../../cache/seal.ts";
import type { Command } from "../../../command-line/command.ts";
import { M2mcpError } from "../../../failure.ts";
import { onceEach } from "../../../ui/tell-once.ts";
import type { Target } from "../target.ts";
import { fileStates } from "./file-states.ts";

/** What seals what is shared; undefined where nothing can be. */
export function vaults(
  command: Command,
  target: Target,
  address: CacheAddress,
): () => Promise<Vault | undefined> {
  const { io, output } = command;
  const { cache, login, store } = target;
  const server = login?.server ?? target.server;
  const tell = onceEach((line) => output.warn(line));
  let known: { of: string; vault: Promise<Vault | undefined> } | undefined;

  async function open(credentials: TokenOrigin, of: string): Promise<Vault | undefined> {
    const kept = (await cache.readAuth())?.sharing;
    if (kept?.of === of) return createVault(Buffer.from(kept.root, "base64"), JSON.parse(kept.parts));
    const sharing = await readSharing(credentials, { server, env: io.env });
    if (sharing.kind === "own") {
      target.onCacheUse?.({ at: address.shown, serves: false, why: sharing.why });
      tell(`the token cache at ${address.shown} is not used for ${server}: ${sharing.why}`);
      return undefined;
    }
    const parts = JSON.stringify(sharing.parts);
    const root = await rootOf(sharing.secret, parts);
    // What a command or a passphrase yields may be another tomorrow.
    if (sharing.isOfCredentials && !of.includes('"command"'))
      await cache.changeAuth((old) => ({
        ...old,
        sharing: { of, root: Buffer.from(root).toString("base64"), parts },
      }));
    return createVault(root, sharing.parts);
  }

  return async () => {
    try {
      const saved = login && (await store.readProfile(login.name));
      const credentials = saved?.credentials ?? target.credentials;
      if (!credentials) return undefined;
      const of = JSON.stringify([server, withoutValues(credentials), await fileStates(credentials)]);
      if (known?.of !== of) known = { of, vault: open(credentials, of) };
      return await known.vault;
    } catch (error) {
      known = undefined;
      // The token request will say it, in its own words.
      if (error instanceof M2mcpError) return undefined;
      throw error;
    }
  };
}

/** Credentials without secrets: with other ones all that is cached is gone, or is another's. */
const withoutValues = (credentials: TokenOrigin): unknown =>
  JSON.parse(
    JSON.stringify(credentials, (_, value) =>
      value !== null && typeof value === "object" && value.from === "value" ? { from: "value" } : value,
    ),
  );
