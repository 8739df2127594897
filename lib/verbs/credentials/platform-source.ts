import { PLATFORM_CHOICES, platformNamed } from "../../auth/platforms/names.ts";
import type { PlatformSource } from "../../auth/platforms/platform.ts";
import { type Options, seconds } from "../../command-line/option-values.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";

/**
 * The platform that an option names, with what else the options say of its tokens.
 *
 * @throws M2mcpError (exit 1) naming the platforms that there are
 */
export function platformSource(text: string, options: Options): PlatformSource {
  const from = platformNamed(text);
  if (from === undefined) {
    const near = suggest(text, PLATFORM_CHOICES);
    throw wrongUsage(
      `unknown platform ${text}: there are ${PLATFORM_CHOICES.join(", ")}`,
      near
        ? `did you mean ${near}`
        : "a token of another platform is given with --client-assertion-file PATH",
    );
  }
  const identity = options.value("assertion-identity");
  const lifetimeS = seconds(options, "assertion-lifetime");
  const signingAlg = options.value("signing-alg");
  return {
    from,
    ...(identity === undefined ? {} : { identity }),
    ...(lifetimeS === undefined ? {} : { lifetimeS }),
    ...(signingAlg === undefined ? {} : { signingAlg }),
  };
}
