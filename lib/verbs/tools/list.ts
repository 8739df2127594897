import { tools } from "../../ui/lists/lists.ts";
import { listing } from "../listing.ts";

/** `m2mcp @svc tools-list` */
export const run = listing("tools/list", "tools", tools, "the server has no tools");
