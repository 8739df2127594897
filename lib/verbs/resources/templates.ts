import { resources } from "../../ui/lists/lists.ts";
import { listing } from "../listing.ts";

/** `m2mcp @svc resources-templates-list` */
export const run = listing(
  "resources/templates/list",
  "resourceTemplates",
  resources,
  "the server has no resource templates",
);
