import { oneLine } from "../../../net/one-line.ts";
import { noSvid, type SvidKind } from "./errors.ts";

/**
 * The SVID that is meant: the one with this SPIFFE id or hint, else the first, which is the default identity (SPIFFE
 * Workload API §8). One that lacks what it must have counts as none (§4.5).
 *
 * @throws M2mcpError no_identity, naming those that there are
 */
export function chooseSvid<Svid extends { spiffeId: string; hint: string }>(
  kind: SvidKind,
  svids: readonly Svid[],
  identity: string | undefined,
): Svid {
  const whole = svids.filter(({ spiffeId }) => /^spiffe:\/\/./.test(spiffeId));
  if (whole.length === 0)
    throw noSvid(kind, "its answer names no SPIFFE id", "look at the agent's log for what it issues");
  const meant = whole.find(
    ({ spiffeId, hint }) => identity === undefined || spiffeId === identity || hint === identity,
  );
  if (meant) return meant;
  const there = whole
    .slice(0, 10)
    .map(({ spiffeId }) => oneLine(spiffeId, 100))
    .join(", ");
  throw noSvid(
    kind,
    `this process has no identity ${oneLine(identity ?? "", 100)}, but ${there}`,
    "name one of these, or register this one for this process with the SPIFFE server",
  );
}
