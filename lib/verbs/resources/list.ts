import { resources } from "../../ui/render.ts";
import { listing } from "../with-client.ts";

/** `m2mcp @svc resources-list` */
export const run = listing("resources/list", "resources", resources, "the server has no resources");
