import { prompts } from "../../ui/render.ts";
import { listing } from "../with-client.ts";

/** `m2mcp @svc prompts-list` */
export const run = listing("prompts/list", "prompts", prompts, "the server has no prompts");
