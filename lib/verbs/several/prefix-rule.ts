import type { Options } from "../../command-line/option-values.ts";
import { wrongUsage } from "../../failure.ts";

/**
 * When names bear their server's.
 *
 * @throws M2mcpError (exit 1) for another word
 */
export function prefixRule(options: Options): "clash" | "always" {
  const given = options.value("prefix") ?? "clash";
  if (given === "clash" || given === "always") return given;
  throw wrongUsage(given === "" ? "--prefix is empty" : `unknown --prefix ${given}`, "it is clash or always");
}
