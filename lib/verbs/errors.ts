// Failures that a verb ends with.
import { EXIT, M2mcpError, type SignalExit } from "../failure.ts";

/**
 * @param folder the store that was looked in: who starts us may have another home than who logged in
 * @param near the profile that may have been meant
 */
export const noSuchProfile = (name: string, folder: string, near?: string) =>
  new M2mcpError(
    "no_profile",
    EXIT.usage,
    `there is no profile @${name} in ${folder}`,
    near !== undefined
      ? `did you mean @${near}; m2mcp profiles lists them`
      : "m2mcp profiles lists them; m2mcp login and m2mcp connect make them; M2MCP_HOME names another store",
  );

/** @param listing the command that shows what there is; the kind's own unless given */
export const notOnServer = (
  kind: string,
  name: string,
  near: string | undefined,
  listing = `m2mcp <target> ${kind}s-list`,
) =>
  new M2mcpError(
    "not_found",
    EXIT.server,
    `the server has no ${kind} ${name}`,
    near ? `did you mean ${near}` : `${listing} shows what it has`,
  );

/** Servers tell of skills by an extension (SEP-2640); a resource is none for being called `skill://`. */
export const noSkills = () =>
  new M2mcpError(
    "no_skills",
    EXIT.server,
    "the server has no skills (io.modelcontextprotocol/skills)",
    "m2mcp <target> resources-list shows what else can be read",
  );

export const severalSkills = (name: string, uris: readonly string[]) =>
  new M2mcpError(
    "several_skills",
    EXIT.usage,
    `several skills are called ${name}`,
    `name one: ${uris.join(", ")}`,
  );

export const skillChanged = (uri: string) =>
  new M2mcpError(
    "skill_changed",
    EXIT.server,
    `${uri} is not what its digest promises: it has changed, or was changed on its way`,
    "try again; if it stays so, tell who runs the server",
  );

/** @param first what the first of them failed with, for its exit code */
export const someUnreached = (failed: number, of: number, first: M2mcpError) =>
  failed === 1 && of === 1
    ? first
    : new M2mcpError(
        first.code,
        first.exitCode,
        failed === of ? "no server could be asked" : `${failed} of ${of} servers could not be asked`,
        "the lines above say why; m2mcp doctor <target> looks closer",
      );

export const notSaved = (file: string, reason: string) =>
  new M2mcpError(
    "not_saved",
    EXIT.usage,
    `cannot save ${file}: ${reason}`,
    "give another place with --output",
  );

export const toolFailed = (name: string) =>
  new M2mcpError("tool_error", EXIT.server, `the tool ${name} answered with an error`);

/** @param hint what mends them all, where one thing does */
export const profilesUnreadable = (count: number, hint = "log in again to replace what is damaged") =>
  new M2mcpError(
    "unreadable_profiles",
    EXIT.store,
    count === 1 ? "one profile cannot be read" : `${count} profiles cannot be read`,
    `the lines above name them; ${hint}`,
  );

export const notWell = () =>
  new M2mcpError(
    "not_well",
    EXIT.auth,
    "the server answers, but no new token could be had",
    "mend the step marked FAIL before the token in use ends",
  );

export const cacheNotWell = () =>
  new M2mcpError(
    "cache_not_well",
    EXIT.network,
    "the server answers, but tokens are not shared",
    "mend the step marked FAIL, or go without: --cache off",
  );

export const hostNotWell = () =>
  new M2mcpError(
    "host_not_well",
    EXIT.usage,
    "the server answers, but a host's entry would not start this",
    "mend the step marked FAIL, then start the host anew",
  );

/** The doctor's last word: the step's own words stand above it. */
export const stepFailed = (step: string, { code, exitCode }: M2mcpError) =>
  new M2mcpError(
    code,
    exitCode,
    `not well: ${step} failed`,
    "mend what is marked FAIL, then run m2mcp doctor again",
  );

export const badCertificate = (why: string) =>
  new M2mcpError(
    "bad_certificate",
    EXIT.auth,
    `the client certificate cannot be used: ${why}`,
    "give a PEM certificate and its PEM private key with --client-cert and --client-key",
  );

/**
 * Ctrl-C, for one.
 *
 * @param signal as the system names it
 * @param isHeard whether anything has come of the server: else it may not be reached yet
 */
export const interrupted = (signal: string, exitCode: SignalExit, isHeard: boolean) =>
  new M2mcpError(
    "interrupted",
    exitCode,
    `given up (${signal}); the server has been told${isHeard ? "" : ", if it was reached"}`,
  );

/** What each host's own failure was stands above. */
export const someHostsFailed = (count: number) =>
  new M2mcpError(
    "hosts_failed",
    EXIT.usage,
    count === 1 ? "one host could not be changed" : `${count} hosts could not be changed`,
    "the lines above say why; the others are as they should be",
  );

/** @see watch */
export const nothingToWatch = () =>
  new M2mcpError(
    "nothing_to_watch",
    EXIT.server,
    "the server tells of no changes of what was asked for",
    "m2mcp <target> show names what it can do: listChanged and subscribe are among its capabilities",
  );

/** The server ended a subscription by itself. */
export const endedBySelf = () =>
  new M2mcpError("watch_ended", EXIT.network, "the server has ended the subscription", "run it again");

/** Nothing is known of what the server wants. @see token */
export const noLoginSaved = (server: string) =>
  new M2mcpError(
    "login_needed",
    EXIT.auth,
    `no login is saved for ${server}: there is no token`,
    `where it wants one, m2mcp login ${server} --client-id ID --client-secret SECRET`,
  );

/** @see token */
export const noTokenWanted = (server: string) =>
  new M2mcpError(
    "no_token",
    EXIT.auth,
    `${server} asks for no token, so there is none to hand on`,
    "requests to it go without Authorization",
  );

/** @see headers */
export const headersOfBoundToken = (server: string) =>
  new M2mcpError(
    "token_bound",
    EXIT.auth,
    `tokens for ${server} are bound to a key (DPoP): each request needs a proof of its own, and headers that are made once have none`,
    "let the host start m2mcp bridge instead",
  );
