import { LONGEST_TIMER_MS } from "../timing/timer.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const CLOCK = "(\\d\\d):(\\d\\d):(\\d\\d)";
/** The three forms of a date in HTTP (RFC 9110 §5.6.7): IMF-fixdate, RFC 850, asctime. */
const IMF = new RegExp(`^[a-z]{3}, (\\d\\d) ([a-z]{3}) (\\d{4}) ${CLOCK} GMT$`, "i");
const RFC_850 = new RegExp(`^[a-z]{6,9}, (\\d\\d)-([a-z]{3})-(\\d\\d) ${CLOCK} GMT$`, "i");
const ASCTIME = new RegExp(`^[a-z]{3} ([a-z]{3}) ([ \\d]\\d) ${CLOCK} (\\d{4})$`, "i");

/** Statuses with which a server may ask to come again (RFC 6585 §4, RFC 9110 §15.6.4). */
export const BUSY = [429, 503];

/** What a response's `Date` says, in ms since the epoch. */
export function serverTimeMs(headers: Headers): number | undefined {
  const atMs = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** How long a busy server asks to wait, in ms; a date is read by the clock of who sent it, as far as that shows. */
export const waitAsked = ({ status, headers }: Pick<Response, "status" | "headers">): number | undefined =>
  BUSY.includes(status)
    ? retryAfterMs(headers.get("retry-after"), serverTimeMs(headers) ?? Date.now())
    : undefined;

/**
 * `Retry-After` (RFC 9110 §10.2.3), whole seconds or a date, as ms from now, no longer than a timer can run; undefined
 * when absent or anything else.
 */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  const text = value?.trim() ?? "";
  // A proxy's beside the server's: the longer wait satisfies both.
  const seconds = /^\d+(\s*,\s*\d+)*$/.test(text) ? Math.max(...text.split(",").map(Number)) : Number.NaN;
  const waitMs = Number.isNaN(seconds) ? httpDateMs(text, nowMs) - nowMs : seconds * 1000;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), LONGEST_TIMER_MS);
}

/** A date of HTTP in ms since the epoch; NaN when it is none. */
function httpDateMs(text: string, nowMs: number): number {
  const imf = IMF.exec(text);
  if (imf) return utcMs(imf[3], imf[2], imf[1], imf.slice(4));
  const old = RFC_850.exec(text);
  if (old) return utcMs(fullYear(Number(old[3]), nowMs), old[2], old[1], old.slice(4));
  const asctime = ASCTIME.exec(text);
  if (asctime) return utcMs(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
  return Number.NaN;
}

function utcMs(
  year: string | number | undefined,
  month = "",
  day = "",
  [hours, minutes, seconds]: string[] = [],
): number {
  const at = MONTHS.indexOf(month.toLowerCase());
  return at === -1
    ? Number.NaN
    : Date.UTC(Number(year), at, Number(day), Number(hours), Number(minutes), Number(seconds));
}

/** A year of two digits that seems more than 50 years ahead is one of the past (RFC 9110 §5.6.7). */
function fullYear(year: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const full = thisYear - (thisYear % 100) + year;
  return full > thisYear + 50 ? full - 100 : full;
}
