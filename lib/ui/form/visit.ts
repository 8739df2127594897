import { showControls } from "../../controls.ts";
import { isLoopback } from "../../net/zone.ts";
import { confirm, type Filled, quoted, type TypedLines } from "./form.ts";

/**
 * Shows an address that a server wants a person to open (MCP "Elicitation", URL mode): whole, its host by itself, and what
 * is suspicious about it. It is neither fetched nor opened here; what the person types there, we do not see.
 *
 * @param host the server, as a person knows it
 */
export async function askVisit(
  lines: TypedLines,
  { host, message, url }: { host: string; message: string; url: string },
  signal: AbortSignal,
): Promise<Filled> {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  const shown = `\n${host} asks you to open an address in a browser (Ctrl-D declines):\n${quoted(message)}\n`;
  lines.write(`${shown}\n  ${showControls(url)}\n\n`);
  if (!target || !["https:", "http:"].includes(target.protocol)) {
    lines.write("  that is no address of the web: declined\n");
    return { action: "decline" };
  }
  lines.write(`  it leads to ${target.hostname}\n`);
  for (const warning of warnings(target, url)) lines.write(`  beware: ${warning}\n`);
  return confirm(lines, "  open it yourself; go on then? [y/n] ", undefined, signal);
}

function* warnings(target: URL, url: string): Iterable<string> {
  // The parser turns other scripts into Punycode, so that what is shown may not be what it leads to.
  if (/(^|\.)xn--/.test(target.hostname)) yield `its name is written in another script (${target.hostname})`;
  if (target.username !== "" || target.password !== "")
    yield `what stands before @ is a user name; the host is ${target.hostname}`;
  if (target.protocol === "http:" && !isLoopback(target.hostname))
    yield "it is plain http: what is typed there travels in the clear";
  if (/[^\u0021-\u007e]/.test(url)) yield "it holds characters that may not be what they look like";
}
