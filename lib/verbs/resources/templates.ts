import { resources } from "../../ui/render.ts";
import { listing } from "../with-client.ts";

/** `m2mcp @svc resources-templates-list` */
export const run = listing(
  "resources/templates/list",
  "resourceTemplates",
  resources,
  "the server has no resource templates",
);
