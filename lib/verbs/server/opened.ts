import type { OpenEndpoint } from "../target/open-endpoint.ts";
import type { Target } from "../target/target.ts";
import { resolveTarget } from "../target/target.ts";
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
  // What speaks to the server is loaded while the store is read.
  const [resolved, { BRIDGE, openEndpoint }] = await Promise.all([
    resolveTarget(command, given),
    import("../target/open-endpoint.ts"),
  ]);
  const target = of(resolved);
  let expiring: Promise<void> = Promise.resolve();
  return {
    endpoint: await openEndpoint(command, target, BRIDGE),
    targets: [target],
    onListChanged(method) {
      expiring = expiring.then(async () => {
        const { catalogueOf } = await import("../catalogue/catalogue.ts");
        const { CHANGED } = await import("../catalogue/kept-list.ts");
        const kind = CHANGED[method];
        if (kind) await catalogueOf(target, command.io).expire(kind);
      });
    },
    settled: () => expiring,
  };
}
