import type { DiagnosisStep } from "../../auth/diagnosis/diagnose.ts";
import { readSharing } from "../../auth/sharing/shared-secret.ts";
import { examine } from "../../cache/examine.ts";
import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { randomBytes } from "../../platform/random.ts";
import { authoritiesFor } from "../target/sharing/link-to.ts";
import type { Target } from "../target/target.ts";

const NAME = "token cache";

/** What is to be said of the cache that a target shares its tokens in; undefined where there is none. */
export async function cacheStep(command: Command, target: Target): Promise<DiagnosisStep | undefined> {
  const { sharedCache: address, credentials, login } = target;
  if (!address) return undefined;
  const at = address.shown;
  const step = (ok: boolean, saw: string, fix?: string): DiagnosisStep => ({
    name: NAME,
    ok,
    saw: `${at}: ${saw}`,
    ...(fix === undefined ? {} : { fix }),
  });
  try {
    const found = await examine(
      address,
      await authoritiesFor(command, target),
      `m2mcp:{trial-${randomBytes(8).toString("hex")}}`,
    );
    if (found.kind === "fails") return step(false, found.trouble.words, found.trouble.hint);
    const how = address.at.kind === "unix" ? "by its socket" : address.tls ? "over TLS" : "without TLS";
    const saw = `${found.server}, ${how}, answers in ${found.tookMs.toFixed(1)} ms`;
    if (found.isOld) return step(false, saw, "use Redis 6.2 or later, or Valkey");
    const { env } = command.io;
    const server = login?.server ?? target.server;
    const sharing = credentials && (await readSharing(credentials, { server, env }));
    if (sharing?.kind !== "own") return step(true, saw);
    return step(true, `${saw}; it is not used here`, sharing.why);
  } catch (error) {
    if (error instanceof M2mcpError) return step(false, error.message, error.hint);
    throw error;
  }
}
