// Failures of finding out where tokens come from.
import { EXIT, M2mcpError } from "../../failure.ts";
import { authError } from "../errors.ts";
import { sameIssuer } from "./places.ts";

export const insecureUrl = (what: string, { origin, hostname }: URL) =>
  new M2mcpError(
    "insecure_url",
    EXIT.usage,
    `${what} ${origin} is plain http: credentials and tokens would travel in the clear`,
    `use https; in a network that you trust, --allow-http ${hostname} allows it for this host`,
  );

/** A server names an address on this machine or in its network, where it is not itself: nothing was sent there. */
export const directedInward = (what: string, host: string, server: string) =>
  authError(
    "directed_inward",
    `${server} names ${what} at ${host}, an address of this machine or its network; nothing was sent there`,
    "if that is right, name it yourself: --issuer URL or --token-endpoint URL",
  );

/** @param to within the origin, where it was followed; undefined where it leads elsewhere */
export const metadataRedirects = (url: string, to?: string) =>
  authError(
    "redirect",
    to === undefined
      ? `${url} redirects; redirects to another origin are not followed on the way to a token`
      : `${url} redirects to ${to}, where there is no metadata`,
    "tell the owner of the server, or give --token-endpoint URL",
  );

export const metadataRefused = (url: string, status: number, words: string) =>
  authError(
    "metadata_refused",
    `${url} answered with HTTP status ${status}: ${words}`,
    "ask its owner what it wants; a gateway's key goes with --header 'Name: value'",
  );

export const invalidMetadata = (what: string, why: string) =>
  authError("invalid_metadata", `${what} ${why}`, "tell the owner of the server");

export const noMetadata = (where: string) =>
  authError(
    "no_metadata",
    `no authorization metadata was found at ${where}`,
    "give --token-endpoint URL to go without it",
  );

/** @param why what stood in the way of finding one, where something did: it decides who is to mend it */
export const noAuthorizationServer = (server: string, why?: M2mcpError) =>
  new M2mcpError(
    "no_authorization_server",
    why?.exitCode ?? EXIT.auth,
    `${server} names no authorization server${why === undefined ? "" : `: ${why.message}`}`,
    why?.exitCode === EXIT.server || why?.code === "metadata_refused"
      ? why.hint
      : "give --issuer URL or --token-endpoint URL",
  );

/** @param named what the metadata calls itself; undefined where it says nothing fit to show */
export const issuerMismatch = (asked: string, named: string | undefined) =>
  authError(
    "issuer_mismatch",
    `the metadata of ${asked} names another issuer: ${named ?? "none"}; nothing was sent there`,
    named !== undefined && sameIssuer(named, asked)
      ? `the two differ in the slash at the end alone: --issuer ${named} takes the metadata's spelling`
      : "the two must be identical: tell the owner of the authorization server, or give --token-endpoint URL",
  );

export const issuerMoved = (server: string, recorded: string, named: string) =>
  authError(
    "issuer_moved",
    `${server} now names the authorization server ${named}, but the credentials are for ${recorded}; nothing was sent`,
    `if the move is right, approve it: m2mcp login ${server} with the credentials for the new one, or --issuer ${named} where no login is kept`,
  );

/** The same id and secret were taken by another issuer: they may be another entry's. */
export const issuerOfSecret = (server: string, taken: string, named: string) =>
  authError(
    "issuer_of_secret",
    `${server} names the authorization server ${named}, but these credentials are ${taken}'s, which took them before; nothing was sent`,
    `if they are for both, say so with --issuer ${named}; else give this server's own credentials, or none`,
  );

/** @param named undefined where it names none */
export const resourceMismatch = (server: string, named: string | undefined) =>
  authError(
    "resource_mismatch",
    `the metadata of ${server} is about another resource: ${named ?? "it names none"}`,
    /^https?:\/\//i.test(named ?? "")
      ? "use the address that it names, if you trust it"
      : "tell the owner of the server, or give --token-endpoint URL",
  );
