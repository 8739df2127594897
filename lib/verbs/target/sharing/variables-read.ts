import { platformNamed, variablesRead } from "../../../auth/platforms/names.ts";
import { isObject } from "../../../json.ts";

/** What the variables hold that credentials are read from, by themselves or by a platform: secrets, so for a keyed hash alone. */
export const variableValues = (
  credentials: unknown,
  env: Readonly<Record<string, string | undefined>>,
): string[] => namesIn(credentials).flatMap((name) => [name, env[name] ?? ""]);

function namesIn(value: unknown): string[] {
  if (!isObject(value)) return [];
  const { from, name, identity } = value;
  if (from === "env" && typeof name === "string") return [name];
  const platform = platformNamed(from);
  if (platform === undefined) return Object.values(value).flatMap(namesIn);
  // GitLab's variable has the name that the job gives it.
  return [...variablesRead(platform), ...(typeof identity === "string" ? [identity] : [])];
}
