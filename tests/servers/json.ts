// Stands here until nobody imports it from its old place, with its parameters in their old order.
import type { ServerResponse } from "node:http";
import { json as now } from "../support/mcp/scripted.ts";

export const json = (response: ServerResponse, status: number, value: unknown) =>
  now(response, value, status);
