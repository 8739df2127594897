import { prompts } from "../../ui/lists/lists.ts";
import { listing } from "../listing.ts";

/** `m2mcp @svc prompts-list` */
export const run = listing("prompts/list", "prompts", prompts, "the server has no prompts");
