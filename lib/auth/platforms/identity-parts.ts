import { isObject } from "../../json.ts";
import { choosingValues, platformNamed } from "./names.ts";

/**
 * What tells identities apart that platforms give for the same credentials, wherever those name a platform: one process
 * has AWS_PROFILE set otherwise than the next, and a runner's jobs share a home. Nothing where no platform is named.
 */
export function identityParts(credentials: unknown, env: Record<string, string | undefined>): string[] {
  const found = partsIn(credentials, env);
  return found.length === 0 ? [] : [JSON.stringify(found)];
}

function partsIn(value: unknown, env: Record<string, string | undefined>): (string | null)[] {
  if (!isObject(value)) return [];
  const name = platformNamed(value.from);
  return [
    ...(name === undefined ? [] : choosingValues(name, env)),
    ...Object.values(value).flatMap((member) => partsIn(member, env)),
  ];
}
