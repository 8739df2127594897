import { createExpiringLists } from "../catalogue/expiring-lists.ts";
import type { OpenEndpoint } from "../target/open-endpoint.ts";
import { resolveTarget, type Target } from "../target/target.ts";
import type { BridgeRecord } from "./bridge-record.ts";

/** What a host stands on: what speaks to the servers, and what ends what is kept of their lists. */
export interface Opened {
  endpoint: OpenEndpoint;
  targets: readonly Target[];
  onListChanged(method: string): void;
  /** Resolves once that is written. */
  settled(): Promise<void>;
}

/**
 * Opens what a command names: one server, or several as one.
 *
 * @throws M2mcpError as `resolveTarget` and `openSeveral`
 */
export async function openNamed(record: BridgeRecord): Promise<Opened> {
  const { command, of } = record;
  const [given = "", ...others] = command.positionals;
  if (others.length > 0) {
    const { openSeveral } = await import("../several/open-several.ts");
    return { ...(await openSeveral(record, [given, ...others])), onListChanged() {} };
  }
  // It changes nothing of one server; what is wrong is told all the same.
  if (command.options.value("prefix") !== undefined)
    (await import("../several/prefix-rule.ts")).prefixRule(command.options);
  // What speaks to the server is loaded while the store is read.
  const [resolved, { BRIDGE, openEndpoint }] = await Promise.all([
    resolveTarget(command, given),
    import("../target/open-endpoint.ts"),
  ]);
  const target = of(resolved);
  const expiring = createExpiringLists(command.io);
  return {
    endpoint: await openEndpoint(command, target, BRIDGE),
    targets: [target],
    onListChanged: (method) => expiring.changed(target, method),
    settled: expiring.settled,
  };
}
