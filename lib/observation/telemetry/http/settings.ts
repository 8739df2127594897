// What the standard's variables say of OTLP over HTTP (OpenTelemetry "OTLP Exporter Configuration"). The exporters read them
// by themselves, and say nothing of what they cannot read.
import { type Env, givenFor, isCompressed, type Signal, timeoutMsIn } from "../../otlp-variables.ts";

/**
 * Whether anything can be sent by these variables; what does not count, or is in the way, is told.
 *
 * @param hasAddress whether `--otlp` says where to
 */
export function canSend(env: Env, signal: Signal, hasAddress: boolean, warnings: string[]): boolean {
  // For what they tell: the exporters read both by themselves.
  isCompressed(env, signal, warnings);
  timeoutMsIn(env, signal, warnings);
  const [endpoint] = hasAddress ? [] : givenFor(env, signal, "ENDPOINT");
  // Neither an address nor a header is repeated: both may hold secrets.
  const faults = [
    ...(endpoint && !isAddress(endpoint.value)
      ? [`${endpoint.name} is no http or https URL, like http://localhost:4318`]
      : []),
    ...givenFor(env, signal, "HEADERS").flatMap(({ name, value }) =>
      areHeaders(value) ? [] : [`${name} names headers that HTTP does not have`],
    ),
  ];
  for (const fault of faults) warnings.push(`${fault}: no ${signal.toLowerCase()} are sent`);
  return faults.length === 0;
}

const isAddress = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.host !== "";
};

/** Pairs as in W3C Baggage; one that is none does not count. */
function areHeaders(text: string): boolean {
  return text.split(",").every((pair) => {
    const at = pair.indexOf("=");
    const name = pair.slice(0, Math.max(0, at)).trim();
    if (name === "") return true;
    try {
      const value = decodeURIComponent(pair.slice(at + 1).trim());
      return /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    } catch {
      return false;
    }
  });
}
