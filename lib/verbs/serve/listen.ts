import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { type Bearer, hostName, isLoopbackName } from "../../hosts/serve/http/admission.ts";
import type { Listen } from "../../hosts/serve/http/listening.ts";
import { wholePath } from "../../platform/own-folders/home.ts";

/** Where to listen, and who may ask there. */
export interface Listening {
  listen: Listen;
  bearer?: Bearer;
  allowedHosts: string[];
}

/** @throws M2mcpError (exit 1) where options are malformed, or more than this machine could come in; secret_unreadable */
export async function readListen({ options, io, output }: Command): Promise<Listening> {
  const listen = placed(parseListen(options.value("listen") ?? "127.0.0.1:0"), io);
  const path = options.value("bearer-file");
  const isOpen = listen.kind === "tcp" && !isLoopbackName(listen.host);
  if (isOpen && path === undefined)
    throw wrongUsage(
      "beyond this machine anybody could use the server's authorization",
      "give --bearer-file FILE with a token that clients must show, or listen on 127.0.0.1",
    );
  const allowedHosts = options.values("allow-host").map(allowed);
  if (path === undefined) return { listen, allowedHosts };
  const { watchBearer } = await import("./bearer.ts");
  return { listen, allowedHosts, bearer: await watchBearer(path, io.env, (line) => output.warn(line)) };
}

/** A socket's path that others find too: whole, and no shell reads what stands behind `unix:`. */
function placed(listen: Listen, { env, cwd }: Command["io"]): Listen {
  if (listen.kind === "tcp") return listen;
  return { kind: "unix", path: wholePath(listen.path, cwd, env) };
}

/** A host as requests name it, without its port, or an origin of pages. */
function allowed(text: string): string {
  const name = hostName(text.includes("://") ? text : `http://${text}`);
  // What URLs let pass, and no host is called.
  if (name !== undefined && /^(?:\[[\da-f:.]+\]|[a-z\d_](?:[a-z\d._-]*[a-z\d_])?)$/.test(name)) return name;
  throw wrongUsage(
    `--allow-host ${text} is no name of a host`,
    "give each by its whole name, like agents.internal",
  );
}

/** @throws M2mcpError (exit 1) */
export function parseListen(text: string, platform: string = process.platform): Listen {
  if (text.startsWith("unix:") && text.length > "unix:".length) {
    if (platform === "win32")
      throw wrongUsage(
        "--listen unix: names a socket, which is not for Windows",
        "give it like --listen 127.0.0.1:8080; --bearer-file FILE keeps other users of this machine out",
      );
    return { kind: "unix", path: text.slice("unix:".length) };
  }
  const [, bracketed, plain = "", port = ""] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]*)):(\d{1,5})$/i.exec(text) ?? [];
  if (Number(port) > 65_535 || port === "")
    throw wrongUsage(
      `--listen ${text || '""'} is no place to listen`,
      "give it like 127.0.0.1:8080, [::1]:8080, [::]:8080 for all addresses, :8080 for those of IPv4 alone, or unix:/run/m2mcp.sock; port 0 takes a free one",
    );
  // Without a host, all of this machine's addresses of IPv4.
  const given = bracketed === undefined ? plain : `[${bracketed}]`;
  // As URLs write it: an address has many spellings.
  const host = given === "" ? "0.0.0.0" : hostName(`http://${given}`)?.replace(/^\[|\]$/g, "");
  if (host === undefined)
    throw wrongUsage(`--listen ${text}: ${given} is no address`, "give it like 127.0.0.1:8080 or [::1]:8080");
  return { kind: "tcp", host, port: Number(port) };
}
