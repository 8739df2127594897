import { join } from "node:path";

/** Which functions a start runs, by the way in which most start it, the most common first. */
export const ORDERS = {
  call: join(import.meta.dir, "orders", "call.order"),
  list: join(import.meta.dir, "orders", "list.order"),
  bridge: join(import.meta.dir, "orders", "bridge.order"),
};
