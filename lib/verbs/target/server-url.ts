import { wrongUsage } from "../../failure.ts";
import { normalUrl } from "../../net/normal-url.ts";
import { isUnexpanded } from "../../plain-text.ts";
import { inQuotes } from "../../platform/windows/pasteable.ts";

// What stands in the wrong place may be part of a secret (one with a space, unquoted), so messages do not repeat it.

/**
 * A server as a user writes it, as a URL: https unless a scheme is given, no fragment.
 *
 * @throws M2mcpError (exit 1) when it is no http(s) URL, or holds a password
 */
export function serverUrl(given: string): string {
  const text = given.trim();
  if (/\$\{[^{}]*\}|\{\{[^{}]*\}\}/.test(text) || isUnexpanded(text)) throw notExpanded();
  const isWhole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = URL.parse(isWhole ? text : `https://${text}`);
  if (isWhole && url && /[<>{}$]/.test(url.hostname)) throw notExpanded();
  const isHost = isWhole || /^(?!["'<]).*[.:[]|^localhost\b/i.test(text.split("/")[0] ?? "");
  if (!isHost || !url?.hostname || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw wrongUsage(
      "what stands in the server's place is no address",
      `write it like https://mcp.example.com/mcp, or @name for a saved connection; quote values that hold spaces${inQuotes()}`,
    );
  if (url.username || url.password)
    throw wrongUsage(
      "the address holds a user name or password",
      "use m2mcp login, or --header 'Authorization: ...'",
    );
  url.hash = "";
  return normalUrl(url).href;
}

const notExpanded = () =>
  wrongUsage(
    "what stands in the server's place is or holds a variable that nothing expanded",
    "check where it is set; some hosts and shells expand no variables",
  );

/** Whether two addresses are the same endpoint: neither spelling nor a slash at the end makes a difference. */
export const sameServer = (a: string, b: string): boolean => bare(a) === bare(b);

function bare(address: string): string {
  const url = URL.parse(address);
  return (url ? normalUrl(url).href : address).replace(/\/$/, "");
}

/** An address as others may have it: its query is where some servers want a key. */
export function withoutQuery(address: string): string {
  const url = URL.parse(address);
  if (!url || url.search === "") return address;
  url.search = "";
  return url.href;
}

/** Whether `server` is `base` or lies below it, on the same origin: then a login for `base` is good for it. */
export function isWithin(server: string, base: string): boolean {
  if (sameServer(server, base)) return true;
  const [inner, outer] = [normalUrl(new URL(server)), normalUrl(new URL(base))];
  if (inner.origin !== outer.origin || outer.search !== "") return false;
  return inner.pathname.startsWith(outer.pathname.endsWith("/") ? outer.pathname : `${outer.pathname}/`);
}

/**
 * The name in `@name`, in lower case: some file systems do not tell capitals apart.
 *
 * @throws M2mcpError (exit 1) when it cannot be one
 */
export function profileName(text: string): string {
  const name = text.startsWith("@") ? text.slice(1) : "";
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw wrongUsage(
      "what stands in the place of a profile's name is none",
      "write @ and letters, digits, dots or dashes, like @svc; quote values that hold spaces",
    );
  return name.toLowerCase();
}

/** A name for a login of this server that is not taken: its host, with the port, then numbered. */
export function nameFor(server: string, taken: (name: string) => boolean): string {
  const { hostname, port } = new URL(server);
  const host = hostname.replace(/^www\./, "").replace(/[^a-zA-Z0-9._-]/g, "") || "server";
  const base = (port ? `${host}-${port}` : host).replace(/^[._-]+/, "").slice(0, 60) || "server";
  let name = base;
  for (let count = 2; taken(name); count++) name = `${base}-${count}`;
  return name;
}
