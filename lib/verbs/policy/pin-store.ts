import { isObject, objectOf } from "../../json.ts";
import type { PinStore, Pins } from "../../mcp/policy/pins.ts";
import type { Target } from "../target/target.ts";

/** The pins of a target's server in the store: under its profile, or for the address where there is none. */
export function pinStoreOf({
  store,
  profile,
  server,
}: Pick<Target, "store" | "profile" | "server">): PinStore {
  const id = async () => profile?.name ?? store.stateId(["pins", server]);
  const read = (kept: unknown): Pins | undefined => {
    const pins = objectOf(objectOf(kept).servers)[server];
    return isObject(pins) ? (pins as Pins) : undefined;
  };
  return {
    read: async () => read(await store.pins.read(await id())),
    async change(change) {
      const kept = await store.pins.change(await id(), (old) => {
        const changed = change(read(old));
        // What is undefined is left out of the file.
        return {
          file: { ...objectOf(old), servers: { ...objectOf(objectOf(old).servers), [server]: changed } },
          changed,
        };
      });
      return kept.changed;
    },
  };
}
