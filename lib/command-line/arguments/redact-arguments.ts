import { withoutUrlSecrets } from "../../failure.ts";
import { isOptionName, OPTIONS } from "../options.ts";

const HIDDEN = "…";

/**
 * Arguments as others may see them: the values of secret options, what may be the rest of one that holds a space, and
 * keys given as text are left out, and so are secrets in addresses.
 */
export function redactArguments(argv: readonly string[]): string[] {
  let isNext = false;
  let isAny = false;
  return argv.map((argument) => {
    const hides = isNext;
    isNext = false;
    if (hides) return argument === "-" ? argument : HIDDEN;
    if (/-----BEGIN /.test(argument)) return HIDDEN;
    const setting = /^([a-z-]+)=./.exec(argument)?.[1] ?? "";
    if (isOptionName(setting) && OPTIONS[setting].secret === true) return `${setting}=${HIDDEN}`;
    if (!argument.startsWith("-") || argument === "-")
      return isAny ? shortened(argument) : withoutUrlSecrets(argument);
    const equals = argument.indexOf("=");
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = flag.replace(/^--/, "");
    if (!isOptionName(name)) return argument;
    if (OPTIONS[name].secret !== true) return equals < 0 ? argument : withoutUrlSecrets(argument);
    isAny = true;
    if (equals >= 0) return `${flag}=${HIDDEN}`;
    isNext = true;
    return argument;
  });
}

/** Beside a secret, a word that is neither an address nor a name may be a part of it. */
const shortened = (argument: string): string =>
  /^@|:\/\/|^[\w.-]+(\.\w|:\d)|^[a-z]+(-[a-z]+)*$/.test(argument) ? withoutUrlSecrets(argument) : HIDDEN;
