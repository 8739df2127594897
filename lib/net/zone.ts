/** Where an address leads: to this machine, into a network that is not public, or anywhere. */
export type Zone = "loopback" | "private" | "public";

/** A block of addresses: its first bits, and how many. */
type Block = readonly [start: string, bits: number];

const LOOPBACK_V4: readonly Block[] = [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
];
/** RFC 1918, RFC 3927 (where clouds keep their metadata), RFC 6598, RFC 5737 and RFC 2544 for tests, RFC 6890, multicast. */
const PRIVATE_V4: readonly Block[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
];
/** RFC 4193, RFC 4291 §2.5.6 and its predecessor, multicast. */
const PRIVATE_V6: readonly (readonly [group: number, bits: number])[] = [
  [0xfc00, 7],
  [0xfe80, 10],
  [0xfec0, 10],
  [0xff00, 8],
];

/**
 * Whether what is sent to a host in the clear stays on this machine: by the names that mean it (RFC 6761 §6.3), and by its
 * own addresses (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
 *
 * @param hostname as `URL` gives it
 */
export const isLoopback = (hostname: string): boolean =>
  /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/**
 * The zone of a host. Names are not looked up, but for those that mean this machine (RFC 6761 §6.3): what a name leads
 * to may differ a moment later, and https holds a server to its name.
 *
 * @param hostname as `URL` gives it
 */
export function zoneOf(hostname: string): Zone {
  if (isLoopback(hostname)) return "loopback";
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (host.includes(":")) return zoneOfV6(host);
  // `URL` writes every form of an IPv4 address so.
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return "public";
  if (LOOPBACK_V4.some((block) => isIn(host, block))) return "loopback";
  return PRIVATE_V4.some((block) => isIn(host, block)) ? "private" : "public";
}

const isIn = (host: string, [start, bits]: Block) =>
  prefix(numberOf(host), bits) === prefix(numberOf(start), bits);
const prefix = (value: number, bits: number) => Math.floor(value / 2 ** (32 - bits));
const numberOf = (dots: string) => dots.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

function zoneOfV6(host: string): Zone {
  const groups = groupsOf(host);
  if (groups.slice(0, 7).every((group) => group === 0) && (groups[7] ?? 0) <= 1) return "loopback";
  const [first = 0] = groups;
  if (PRIVATE_V6.some(([group, bits]) => first >> (16 - bits) === group >> (16 - bits))) return "private";
  const within = embedded(groups);
  return within === undefined ? "public" : zoneOf(within);
}

/** The IPv4 address within one of IPv6: mapped, translated (RFC 6052), 6to4 (RFC 3056). */
function embedded(groups: number[]): string | undefined {
  const [first = 0, second = 0] = groups;
  const tail = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && [0, 0xffff].includes(groups[5] ?? -1);
  if (isMapped || (first === 0x64 && second === 0xff9b)) return dotted(tail[0] ?? 0, tail[1] ?? 0);
  return first === 0x2002 ? dotted(second, groups[2] ?? 0) : undefined;
}

const dotted = (high: number, low: number) => `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;

/** The eight groups of an IPv6 address as `URL` writes it, that is without a dotted tail. */
function groupsOf(host: string): number[] {
  const [head = "", tail] = host.split("::");
  const read = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [front, back] = [read(head), read(tail ?? "")];
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
}

const ORDER: Zone[] = ["loopback", "private", "public"];

/** The zone closest to this machine among several. */
export const closestZone = (zones: Zone[]): Zone => ORDER.find((zone) => zones.includes(zone)) ?? "public";

/** Whether who stands in one zone may name an address in another: never one closer to this machine. */
export const mayName = (from: Zone, to: Zone): boolean => ORDER.indexOf(to) >= ORDER.indexOf(from);
