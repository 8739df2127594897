import type { Options } from "../../command-line/option-values.ts";
import { type OptionName, variableOf } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";
import type { Profile, ToolPolicy } from "../target/saved.ts";

/** A policy, and who has said so: a profile, an option, or the variable of an option. */
export interface NamedPolicy extends ToolPolicy {
  by: { profile: string } | "flag" | "variable";
}

/** The policies that hold for a command: those of the profiles behind its target, and its own. */
export function policiesOf(options: Options, profiles: readonly (Profile | undefined)[]): NamedPolicy[] {
  const saved = new Set(profiles.filter((profile) => profile?.tools !== undefined));
  return [
    ...[...saved].flatMap((profile): NamedPolicy[] =>
      profile?.tools ? [{ ...profile.tools, by: { profile: profile.name } }] : [],
    ),
    ...(["flag", "variable"] as const).flatMap((origin): NamedPolicy[] => {
      const policy = givenPolicy(options, origin);
      return policy ? [{ ...policy, by: origin }] : [];
    }),
  ];
}

/** What a profile keeps of the options; nothing where none is given. */
export function keptPolicy(options: Options): { tools?: ToolPolicy } {
  const tools = givenPolicy(options);
  return tools ? { tools } : {};
}

/** A profile that is saved anew keeps what narrowed it, unless an option says otherwise. */
export const withPolicyOf = <P extends Partial<Profile>>(kept: P, old: Profile | null | undefined): P =>
  old?.tools ? { ...kept, tools: { ...old.tools, ...kept.tools } } : kept;

/** @param origin only what stands there */
function givenPolicy(options: Options, origin?: "flag" | "variable"): ToolPolicy | undefined {
  const isFrom = (name: OptionName) => origin === undefined || options.origin(name) === origin;
  const patterns = (name: "allow-tool" | "deny-tool") =>
    isFrom(name) ? toolPatterns(options.values(name), placeOf(options, name)) : [];
  const [allow, deny] = [patterns("allow-tool"), patterns("deny-tool")];
  const policy: ToolPolicy = {
    ...(allow.length > 0 ? { allow } : {}),
    ...(deny.length > 0 ? { deny } : {}),
    ...(isFrom("read-only") && options.on("read-only") ? { readOnly: true } : {}),
    ...(isFrom("pin") && options.on("pin") ? { pin: true } : {}),
  };
  return Object.keys(policy).length > 0 ? policy : undefined;
}

const placeOf = (options: Options, name: OptionName) =>
  options.origin(name) === "variable" ? (variableOf(name) ?? name) : `--${name}`;

/**
 * Patterns as they are given: several in one text are parted by commas.
 *
 * @throws M2mcpError (exit 1) where one is empty: it would mean nothing, or all
 */
const toolPatterns = (texts: readonly string[], place: string): string[] =>
  texts.flatMap((text) =>
    text.split(",").map((pattern) => {
      const trimmed = pattern.trim();
      if (trimmed === "")
        throw wrongUsage(`${place} holds an empty pattern`, "name a tool, or write a pattern like 'get_*'");
      return trimmed;
    }),
  );
