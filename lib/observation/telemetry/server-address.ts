import type { Attributes } from "@opentelemetry/api";

/** What the conventions say of the server that is asked ("Server attributes"). */
export const serverAttributes = ({ hostname, port, protocol }: URL): Attributes => ({
  "server.address": hostname,
  "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
});
