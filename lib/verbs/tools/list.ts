import { named } from "../../ui/render.ts";
import { listing } from "../with-client.ts";

/** `m2mcp @svc tools-list` */
export const run = listing("tools/list", "tools", named, "the server has no tools");
