/**
 * The proxy that the runtime sends a request through, by `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`: asked only to
 * name it in an error. Null when there is none.
 */
export function proxyFor(url: URL, env: Record<string, string | undefined>): URL | null {
  const any = (name: string) => env[name.toLowerCase()] || env[name];
  const text = any(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") || any("ALL_PROXY");
  if (!text || isInNoProxy(url, any("NO_PROXY") ?? "")) return null;
  return URL.parse(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`);
}

function isInNoProxy({ hostname, port, protocol }: URL, list: string): boolean {
  const at = port || (protocol === "https:" ? "443" : "80");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      if (entry === "*") return true;
      const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (name === "" || (only !== undefined && only !== at)) return false;
      return hostname === name || hostname.endsWith(`.${name}`);
    });
}
