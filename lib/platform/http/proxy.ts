// Which proxy the runtime sends a request through: read as it reads it, to name the proxy in an error only where it
// was used. Asked for only once something failed, and node:net not loaded before.
type Variables = Record<string, string | undefined>;

const net = () => process.getBuiltinModule("node:net");

/**
 * The proxy for a request, by `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`; null when there is none, undefined
 * where what is named is no address: the runtime takes it for one all the same, and reaches nobody.
 */
export function proxyFor(url: URL, env: Variables): URL | undefined | null {
  const any = (name: string) => env[name.toLowerCase()] || env[name];
  const text = any(url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY") || any("ALL_PROXY");
  if (!text || isInNoProxy(url, any("NO_PROXY") ?? "")) return null;
  return URL.parse(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`) ?? undefined;
}

/** Whether `NO_PROXY` names the server: `*`, a name or its end, an address, a network; with a port or without. */
function isInNoProxy({ hostname, port, protocol }: URL, list: string): boolean {
  const at = Number(port || (protocol === "https:" ? 443 : 80));
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry === "*" || isMatch(entry, host, at));
}

function isMatch(entry: string, host: string, port: number): boolean {
  const bare = entry.replace(/^\*?\./, "");
  const [, network, prefix] = /^(\[[^\]]*\]|[^[\]/]*)\/(\d+)$/.exec(bare) ?? [];
  if (network !== undefined) return isInNetwork(host, network.replace(/^\[|\]$/g, ""), Number(prefix));
  // A port follows a name, or an address in brackets; the colons of a bare address are its own.
  const [, inBrackets, plain, only] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(bare) ?? (net().isIP(bare) ? [bare, bare] : []);
  const name = (inBrackets ?? plain ?? "").replace(/\.$/, "");
  if (name === "" || (only !== undefined && Number(only) !== port)) return false;
  const address = addressOf(host);
  if (address) return addressOf(name)?.text === address.text;
  return host === name || host.endsWith(`.${name}`);
}

interface Address {
  family: "ipv4" | "ipv6";
  text: string;
}

/** An IP address in its one form; an IPv4 address within IPv6 is that IPv4 address. Null for a name. */
function addressOf(text: string): Address | null {
  const version = text.includes("%") ? 0 : net().isIP(text);
  if (version === 4) return { family: "ipv4", text };
  if (version === 0) return null;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return { family: "ipv6", text: canonical };
  const bytes = [high, low].flatMap((half) => [
    Number.parseInt(half, 16) >> 8,
    Number.parseInt(half, 16) & 255,
  ]);
  return { family: "ipv4", text: bytes.join(".") };
}

function isInNetwork(host: string, network: string, prefix: number): boolean {
  const [address, base] = [addressOf(host), addressOf(network)];
  if (!address || !base || address.family !== base.family) return false;
  const isMapped = base.family === "ipv4" && network.includes(":");
  const bits = isMapped ? prefix - 96 : prefix;
  if (bits < 0 || bits > (base.family === "ipv4" ? 32 : 128)) return false;
  const list = new (net().BlockList)();
  list.addSubnet(base.text, bits, base.family);
  return list.check(address.text, address.family);
}
