import { win32 } from "node:path";
import { isObject } from "../../../../json.ts";
import { oneLine } from "../../../../net/one-line.ts";
import { isAbsolutePath } from "../../../../platform/windows/paths.ts";
import { windowsVariable } from "../../../../platform/windows/programs.ts";
import { askTwice } from "../../answer.ts";
import { noIdentity } from "../../errors.ts";
import type { DirectAnswer, Identity, PlatformDeps } from "../../platform.ts";
import { nearAddress } from "../../variables.ts";
import { managedToken, PARAMETERS, TITLE, type UserAssigned } from "./managed-identity.ts";

const DEFAULT_ENDPOINT = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
const API_VERSION = "2020-06-01";
/** Longest key in a challenge's file, in bytes. */
const MAX_KEY_BYTES = 4096;
const READABLE =
  "run this as a user of the group himds (Windows: Hybrid agent extension applications), and see azcmagent show";

/** Folders of the Connected Machine agent: its program, and the only place of its keys. */
export function folders(
  env: PlatformDeps["env"],
  platform: string = process.platform,
): { agent: string; keys: string } {
  if (platform === "win32") {
    // A host may pass on little of the environment.
    const named = (name: string, usual: string) => {
      const folder = windowsVariable(env, name);
      return win32.join(folder && isAbsolutePath(folder) ? folder : usual, "AzureConnectedMachineAgent");
    };
    return {
      agent: `${named("ProgramFiles", "C:\\Program Files")}\\himds.exe`,
      keys: `${named("ProgramData", "C:\\ProgramData")}\\Tokens\\`,
    };
  }
  return { agent: "/opt/azcmagent/bin/himds", keys: "/var/opt/azcmagent/tokens/" };
}

/** Whether the agent is installed here. */
export const findsAgent = ({ env, isThere }: PlatformDeps): Promise<boolean> => isThere(folders(env).agent);

/**
 * The token of a machine elsewhere that Azure Arc manages. It is asked for twice: the first answer names a file that
 * only the agent's own users can read, and what is in it is shown with the second ("Authenticate against Azure
 * resources with Azure Arc-enabled servers").
 */
export async function askArc(
  resource: string,
  identity: UserAssigned | undefined,
  deps: PlatformDeps,
): Promise<Identity> {
  const { env } = deps;
  const url = nearAddress(TITLE, "IDENTITY_ENDPOINT", env.IDENTITY_ENDPOINT || DEFAULT_ENDPOINT);
  const at = `the Arc agent at ${url.host}`;
  url.searchParams.set("api-version", API_VERSION);
  url.searchParams.set("resource", resource);
  if (identity) url.searchParams.set(PARAMETERS[identity.by], identity.id);
  const ask = (more: Record<string, string>) =>
    askTwice(() => deps.askDirect(url.href, { method: "GET", headers: { metadata: "true", ...more } }));
  const challenge = await ask({});
  // The agent itself always challenges first.
  if ("unanswered" in challenge || challenge.status !== 401) return managedToken(challenge, at);
  const key = await keyOf(challenge, at, deps);
  const answer = await ask({ authorization: `Basic ${key}` });
  const token = managedToken(answer, at, [key]);
  if ("status" in answer) requireIdentity(answer, identity, at);
  return token;
}

/** The key that a challenge leads to: a file in the agent's folder, and no other, since anybody could ask for one. */
async function keyOf({ headers }: DirectAnswer, at: string, deps: PlatformDeps): Promise<string> {
  const { keys } = folders(deps.env);
  const path = /^Basic realm="?([^"]+)"?$/i.exec(headers.get("www-authenticate") ?? "")?.[1]?.trim() ?? "";
  const name = path.slice(keys.length);
  const begins = path.slice(0, keys.length);
  const isThere =
    process.platform === "win32" ? begins.toLowerCase() === keys.toLowerCase() : begins === keys;
  if (!isThere || !/^[\w-]+(\.[\w-]+)*\.key$/.test(name))
    throw noIdentity(
      TITLE,
      `${at} wants to see ${path === "" ? "no file" : oneLine(path, 100)}, and its keys are in ${keys} alone`,
      "something else may answer there in the agent's place: see azcmagent show",
    );
  const key = await deps.readFile(path, { maxBytes: MAX_KEY_BYTES });
  if (key) return key;
  throw noIdentity(TITLE, `${at} wants to see ${path}, which is not there or is empty`, READABLE);
}

/** An older agent gives the machine's own identity whichever was asked for: it must confirm the one that was. */
function requireIdentity({ json }: DirectAnswer, identity: UserAssigned | undefined, at: string): void {
  if (!identity || !isObject(json)) return;
  const confirmed =
    json[PARAMETERS[identity.by]] ?? (identity.by === "resource" ? json.mi_res_id : undefined);
  if (typeof confirmed === "string" && confirmed.toLowerCase() === identity.id.toLowerCase()) return;
  throw noIdentity(
    TITLE,
    `${at} does not confirm the identity ${oneLine(identity.id, 200)}`,
    "update the Connected Machine agent, or leave out --assertion-identity and AZURE_CLIENT_ID for the machine's own",
  );
}
