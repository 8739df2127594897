// What of a target's state is shared with other machines, by `--cache`.
import type { AuthState } from "../../../auth/credentials.ts";
import type { AuthDeps } from "../../../auth/deps.ts";
import {
  isSameToOthers,
  mergeShared,
  serves,
  sharedPart,
  sharedUntilMs,
} from "../../../auth/sharing/shared-part.ts";
import type { CacheAddress } from "../../../cache/address.ts";
import { createSharedState } from "../../../cache/shared-state.ts";
import type { Command } from "../../../command-line/command.ts";
import { onceEach } from "../../../ui/tell-once.ts";
import type { Target } from "../target.ts";
import { linkTo } from "./link-to.ts";
import { countAsked, timedLink } from "./looks.ts";
import { vaults } from "./vaults.ts";

type StateDeps = Pick<AuthDeps, "read" | "write" | "withLock">;

/** The state of a target's authorization, shared by a cache: the one place where `auth`, store and cache meet. */
export function sharedState(command: Command, target: Target, address: CacheAddress): StateDeps {
  const { cache, credentials } = target;
  const { io, output } = command;
  const issuer = credentials && credentials.grant !== null ? credentials.issuer : undefined;
  const link = timedLink(io, linkTo(command, target, address));
  const asked = countAsked(io);
  const vaultOf = vaults(command, target, address);
  const warn = onceEach((line) => output.warn(line));
  return createSharedState<AuthState>({
    own: { read: cache.readAuth, write: cache.changeAuth, withLock: cache.withLock },
    rules: {
      shared: sharedPart,
      merge: (own, theirs, aheadMs) => mergeShared(own, theirs, aheadMs, issuer),
      isSame: isSameToOthers,
      serves,
      endsAtMs: sharedUntilMs,
    },
    async place() {
      const vault = await vaultOf();
      return vault && { link, vault };
    },
    now: io.now,
    onLook: (found) => {
      asked.looks[found]++;
    },
    onWrite: (outcome) => {
      asked.writes[outcome]++;
    },
    onForeign: () =>
      warn(
        `what lies in the token cache at ${address.shown} for these credentials was not sealed with them: it counts as nothing, and is written anew`,
      ),
  });
}
