import { resources } from "../../ui/lists/lists.ts";
import { listing } from "../listing.ts";

/** `m2mcp @svc resources-list` */
export const run = listing("resources/list", "resources", resources, "the server has no resources");
