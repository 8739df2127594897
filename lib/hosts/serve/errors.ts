// Failures of the HTTP host.
import { EXIT, M2mcpError } from "../../failure.ts";

export const cannotListen = (place: string, why: string) =>
  new M2mcpError(
    "cannot_listen",
    EXIT.usage,
    `cannot listen on ${place}: ${why}`,
    "give another place with --listen; port 0 takes a free one",
  );
