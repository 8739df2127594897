import { readSharing } from "../../auth/sharing/shared-secret.ts";
import { cacheClaims } from "../../cache/locks/claim.ts";
import type { Command } from "../../command-line/command.ts";
import { isLoopbackName } from "../../hosts/serve/http/admission.ts";
import type { Listen } from "../../hosts/serve/http/listening.ts";
import type { Claims } from "../../hosts/serve/modern/claims.ts";
import { loopbackSpace } from "../../platform/host.ts";
import { fileClaims } from "../../store/locks/claim.ts";
import { storePaths } from "../../store/paths.ts";
import { linkTo } from "../target/sharing/link-to.ts";
import type { Target } from "../target/target.ts";

/**
 * Where processes agree on which of them has the server's session for modern clients: the cache of the first server that has
 * one, and the store where there is none, or it does not serve.
 *
 * @param key what is claimed is named with it, so that the name reveals nothing
 */
export async function sessionClaims(
  command: Command,
  targets: readonly Target[],
  key: Uint8Array,
  listen: Listen,
): Promise<Claims | undefined> {
  const [first] = targets;
  if (!first) return undefined;
  const identities = await Promise.all(targets.map((target) => identityOf(command, target)));
  if (identities.includes("own")) return undefined;
  const { createHmac } = process.getBuiltinModule("node:crypto");
  // What one process refuses, or says of itself, another one does not do for it: only those that are alike share a session.
  const alike = targets.map(({ server, profile, headers, policies, protocol }) => [
    // Of several, what is named after a profile is.
    targets.length > 1 ? profile?.name : undefined,
    server,
    headers,
    protocol,
    policies.map(({ by: _by, ...policy }) => policy),
  ]);
  // An address that leads nowhere beyond a machine, or a container, is another process's on the next one.
  const isInner = listen.kind === "unix" || isLoopbackName(listen.host);
  const within = isInner ? loopbackSpace() : null;
  const { options } = command;
  // Who writes calls down hands none to who does not.
  const audit = options.value("audit") !== undefined && [options.on("audit-arguments")];
  const prefix = options.value("prefix") ?? null;
  const parts = JSON.stringify(["holder", within, alike, identities, prefix, audit]);
  const id = createHmac("sha256", key).update(parts).digest("hex").slice(0, 32);
  const inStore = fileClaims(storePaths(first.store.folder), id);
  const cached = targets.find(({ sharedCache }) => sharedCache !== undefined);
  if (!cached?.sharedCache) return inStore;
  const inCache = cacheClaims(linkTo(command, cached, cached.sharedCache), `m2mcp:{${id}}`);
  return {
    claim: async (mark, isHeld) => (await inCache.claim(mark)) ?? (isHeld ? undefined : inStore.claim(mark)),
    async release(mark) {
      await Promise.all([inCache.release(mark), inStore.release(mark)]);
    },
  };
}

/** As whom a server is spoken to: what tells apart who may not act for another; `own` where nobody else is the same. */
async function identityOf(
  { io }: Command,
  { credentials, server }: Target,
): Promise<readonly unknown[] | null | "own"> {
  if (!credentials) return null;
  const sharing = await readSharing(credentials, { server, env: io.env });
  return sharing.kind === "shared" ? sharing.parts : "own";
}
