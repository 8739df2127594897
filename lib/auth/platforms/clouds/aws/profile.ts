import { jsonIn, objectOf } from "../../../../json.ts";
import { momentIn } from "../../../../moment.ts";
import { oneLine } from "../../../../net/one-line.ts";
import { homeFolder } from "../../../../platform/own-folders/home.ts";
import { runSecretCommand } from "../../../client/secret-command.ts";
import { noIdentity } from "../../errors.ts";
import type { PlatformDeps } from "../../platform.ts";
import { fromContainer } from "./container.ts";
import {
  type AwsCredentials,
  credentialsIn,
  type Found,
  fromVariables,
  type Place,
  TITLE,
} from "./credentials.ts";
import { parseIni, type Section } from "./ini.ts";
import { fromInstance } from "./instance.ts";
import { regionIn } from "./region.ts";
import { assumeRole } from "./sts.ts";
import { assumeByToken } from "./web-identity.ts";

/** Roles that lead to roles: more are a circle. */
const MAX_ROLES = 5;
const MAX_BYTES = 1024 * 1024;

/** The profiles of both shared files: settings of the credentials file count before those of the other. */
type Profiles = (name: string) => Section | undefined;

async function readProfiles({ env, readFile }: PlatformDeps): Promise<Profiles> {
  const home = homeFolder(env);
  const read = async (named: string | undefined, name: string) => {
    const path = named || (home && `${home}/.aws/${name}`);
    return parseIni((path && (await readFile(path, { maxBytes: MAX_BYTES }))) || "");
  };
  const secrets = await read(env.AWS_SHARED_CREDENTIALS_FILE, "credentials");
  const config = await read(env.AWS_CONFIG_FILE, "config");
  return (name) => {
    const settings =
      config.get(`profile ${name}`) ?? (name === "default" ? config.get("default") : undefined);
    const kept = secrets.get(name);
    return settings || kept ? { ...settings, ...kept } : undefined;
  };
}

/** The profile of AWS_PROFILE, else `default` where there is one ("Shared config and credentials files" of the SDKs guide). */
export const fromProfile: Place = async (deps) => {
  const { env } = deps;
  const named = env.AWS_PROFILE;
  const profiles = await readProfiles(deps);
  const name = named || "default";
  const settings = profiles(name);
  if (!settings) {
    if (!named) return undefined;
    throw unusable(
      name,
      "it is in neither of the shared files",
      "check AWS_PROFILE, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
    );
  }
  const region = regionIn(env) ?? settings.region;
  // A default profile may be there for its region alone.
  const credentials = await credentialsOf(name, { profiles, region, roles: 0 }, deps);
  if (credentials) return { credentials, region };
  if (!named) return undefined;
  throw unusable(
    name,
    "it has neither keys nor a role",
    settings.sso_session || settings.sso_start_url || settings.login_session
      ? "its sign-in takes a person at a browser: a machine has a role, web identity, keys or a credential_process"
      : "give it aws_access_key_id, role_arn or credential_process",
  );
};

interface Way {
  profiles: Profiles;
  region: string | undefined;
  /** Roles on the way so far. */
  roles: number;
}

async function credentialsOf(
  name: string,
  way: Way,
  deps: PlatformDeps,
): Promise<AwsCredentials | undefined> {
  const settings = way.profiles(name);
  if (!settings) throw unusable(name, "it is in neither of the shared files", "check source_profile");
  const { role_arn: role, aws_access_key_id: accessKeyId, credential_process: command } = settings;
  // On a later turn of a role that names itself as its source, its own keys are meant.
  if (role && !(way.roles > 0 && settings.source_profile === name && accessKeyId))
    return assumed(name, role, settings, way, deps);
  if (accessKeyId) {
    const { aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken } = settings;
    if (!secretAccessKey) throw unusable(name, "it has no aws_secret_access_key", "give both keys");
    const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken };
    const credentials = credentialsIn(keys, "SessionToken");
    if (credentials) return credentials;
    throw unusable(name, "its keys have blanks or other characters that no key has", "set them again");
  }
  return command ? printed(name, command, deps) : undefined;
}

async function assumed(
  name: string,
  role: string,
  settings: Section,
  way: Way,
  deps: PlatformDeps,
): Promise<AwsCredentials> {
  if (way.roles >= MAX_ROLES) throw unusable(name, "its roles lead in a circle", "check source_profile");
  const session = settings.role_session_name || "m2mcp";
  const { region } = way;
  if (settings.web_identity_token_file)
    return (await assumeByToken({ file: settings.web_identity_token_file, role, session, region }, deps))
      .credentials;
  if (settings.mfa_serial)
    throw unusable(name, "its role wants a code of a person (mfa_serial)", "name a profile for machines");
  const source = settings.source_profile
    ? await credentialsOf(settings.source_profile, { ...way, roles: way.roles + 1 }, deps)
    : (await sourceOf(name, settings.credential_source, deps))?.credentials;
  if (!source)
    throw unusable(
      name,
      "what its role is assumed with is not there",
      "check source_profile and credential_source",
    );
  const parameters = {
    RoleArn: role,
    RoleSessionName: session,
    ...(settings.external_id ? { ExternalId: settings.external_id } : {}),
    ...(settings.duration_seconds ? { DurationSeconds: settings.duration_seconds } : {}),
  };
  return assumeRole({ action: "AssumeRole", parameters, region, credentials: source }, deps);
}

/** What `credential_source` means ("Assume role credential provider" of the SDKs guide). */
async function sourceOf(
  name: string,
  source: string | undefined,
  deps: PlatformDeps,
): Promise<Found | undefined> {
  switch (source) {
    case "Environment":
      return fromVariables({ ...deps, env: { ...deps.env, AWS_PROFILE: undefined } });
    case "EcsContainer":
      return fromContainer(deps);
    case "Ec2InstanceMetadata":
      return fromInstance(deps);
    default:
      throw unusable(
        name,
        "its role has no source that is known",
        "give it source_profile, credential_source or web_identity_token_file",
      );
  }
}

/** What `credential_process` prints, as version 1 has it ("Process credential provider" of the SDKs guide). */
async function printed(
  name: string,
  command: string,
  { env, signal, now }: PlatformDeps,
): Promise<AwsCredentials> {
  const text = (
    await runSecretCommand(command, env, {
      what: `the credential_process of the profile ${oneLine(name, 100)}`,
      signal,
    })
  ).toString("utf8");
  const json = objectOf(jsonIn(text));
  const credentials = credentialsIn(json, "SessionToken");
  if (!credentials)
    throw unusable(name, "its credential_process prints no credentials", "run it by hand to see why");
  if (json.Version !== 1)
    throw unusable(
      name,
      "its credential_process prints credentials of another version than 1",
      'let it print "Version": 1',
    );
  const endsAtMs = momentIn(json.Expiration);
  if (endsAtMs !== undefined && endsAtMs <= now())
    throw unusable(
      name,
      "its credential_process prints credentials that have expired",
      "sign in to it again",
    );
  return credentials;
}

const unusable = (name: string, why: string, hint: string) =>
  noIdentity(TITLE, `the profile ${oneLine(name, 100)} cannot be used: ${why}`, hint);
