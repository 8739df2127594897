import type { Options } from "../../command-line/option-values.ts";
import { isOptionName, type OptionName } from "../../command-line/options.ts";

/** The options about the identity provider, under the names of those about the server's authorization server. */
export function ofProvider(options: Options): Options {
  const named = (name: OptionName): OptionName | undefined => {
    const own = `idp-${name}`;
    return isOptionName(own) ? own : undefined;
  };
  const via = <T>(name: OptionName, read: (own: OptionName) => T, none: T): T => {
    const own = named(name);
    return own === undefined ? none : read(own);
  };
  return {
    value: (name) => via(name, options.value, undefined),
    values: (name) => via(name, options.values, []),
    // A switch is about all of the login.
    on: options.on,
    origin: (name) => via(name, options.origin, undefined),
    spelling: (name) => named(name) ?? name,
  };
}
