// Grants that a real authorization server (oidc-provider) learns: token exchange (RFC 8693), with ID-JAG for an identity
// provider, and jwt-bearer (RFC 7523) for who trusts one.
import { randomUUID } from "node:crypto";
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from "jose";
import type Provider from "oidc-provider";
import { errors, type KoaContextWithOIDC } from "oidc-provider";
import { json } from "../mcp/scripted.ts";
import { type Serving, serveHttp } from "../net/listen.ts";

export const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TYPE = "urn:ietf:params:oauth:token-type:";
const PARAMS = ["subject_token", "subject_token_type", "actor_token", "actor_token_type"];
PARAMS.push("requested_token_type", "audience", "resource", "scope");

/** Somebody whose tokens are trusted: it has an issuer, and publishes its key. */
export interface Issuer extends Serving {
  /** Its name; its address unless set. */
  issuer: string;
  /** A JWT of this issuer. @param lifeS in s from now */
  sign(claims: JWTPayload, lifeS?: number, header?: object): Promise<string>;
  keys: JWTVerifyGetKey;
}

export async function startIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", kid: "own" }] };
  const serving = await serveHttp((_, response) => json(response, keys));
  const self: Issuer = {
    ...serving,
    issuer: serving.origin,
    keys: createRemoteJWKSet(new URL("/jwks", serving.origin)),
    sign: (claims, lifeS = 300, header = {}) =>
      new SignJWT({ iss: self.issuer, jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "own", ...header })
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + lifeS)
        .sign(privateKey),
  };
  return self;
}

type Params = Record<string, string | undefined>;
const paramsOf = (ctx: KoaContextWithOIDC) => (ctx.oidc.params ?? {}) as Params;

/** Who made a JWT, if it is one that is trusted; refused as an invalid grant else. */
async function verified(token: string | undefined, trusted: Issuer, audience: string): Promise<JWTPayload> {
  const options = { issuer: trusted.issuer, audience };
  const read = await jwtVerify(token ?? "", trusted.keys, options).catch((error: Error) => error);
  if (read instanceof Error) throw new errors.InvalidGrant(read.message);
  return read.payload;
}

/** Issues a token for the resource that was asked for. */
async function issue(provider: Provider, ctx: KoaContextWithOIDC, more: object = {}): Promise<void> {
  const { resource = "", scope = "" } = paramsOf(ctx);
  const { ClientCredentials, ResourceServer } = provider as unknown as {
    ClientCredentials: new (
      given: object,
    ) => {
      resourceServer: unknown;
      save(): Promise<string>;
      expiration: number;
    };
    ResourceServer: new (resource: string, info: object) => unknown;
  };
  const token = new ClientCredentials({ client: ctx.oidc.client, scope });
  token.resourceServer = new ResourceServer(resource, {
    scope,
    audience: resource,
    accessTokenFormat: "jwt",
    accessTokenTTL: 600,
    jwt: { sign: { alg: "RS256" } },
  });
  const value = await token.save();
  ctx.body = { access_token: value, token_type: "Bearer", expires_in: token.expiration, scope, ...more };
}

/** The server exchanges tokens of an issuer for its own. */
export const exchanging =
  (trusted: Issuer) =>
  (provider: Provider, issuer: string): void =>
    provider.registerGrantType(
      TOKEN_EXCHANGE,
      async (ctx) => {
        const { subject_token, subject_token_type, actor_token, requested_token_type } = paramsOf(ctx);
        if (subject_token_type !== `${TYPE}jwt`) throw new errors.InvalidRequest("subject_token_type");
        await verified(subject_token, trusted, issuer);
        if (actor_token !== undefined) await verified(actor_token, trusted, issuer);
        if (requested_token_type === `${TYPE}saml2`)
          ctx.body = { access_token: "PHNhbWw", issued_token_type: `${TYPE}saml2`, token_type: "N_A" };
        else await issue(provider, ctx, { issued_token_type: `${TYPE}access_token` });
      },
      PARAMS,
      ["audience", "resource"],
    );

/** The server takes assertions of issuers as the grant itself. @param typ of their header, where one is needed */
export const trusting =
  (trusted: Issuer, audienceOf: (issuer: string) => string, typ?: string) =>
  (provider: Provider, issuer: string): void =>
    provider.registerGrantType(
      JWT_BEARER,
      async (ctx) => {
        const { assertion = "" } = paramsOf(ctx);
        const claims = await verified(assertion, trusted, audienceOf(issuer));
        if (typ && decodeProtectedHeader(assertion).typ !== typ) throw new errors.InvalidGrant("typ");
        if (typ && claims.client_id !== ctx.oidc.client?.clientId) throw new errors.InvalidGrant("client_id");
        if (typ && claims.resource !== paramsOf(ctx).resource) throw new errors.InvalidGrant("resource");
        await issue(provider, ctx);
      },
      ["assertion", "resource", "scope"],
    );

/** What an identity provider is told of the clients that it vouches to servers for. */
export interface Vouching {
  /** Signs its ID tokens and its grants. */
  as: Issuer;
  /** The client's id at the server's authorization server, by its id here. */
  clientAt: Record<string, string>;
  /** Authorization servers that it vouches to. */
  audiences: string[];
}

/** An identity provider: ID tokens, SAML assertions and refresh tokens for ID-JAGs. */
export const vouching =
  ({ as, clientAt, audiences }: Vouching) =>
  (provider: Provider): void => {
    const refreshTokens = new Set<string>();
    const subjectOf = async (
      client: string,
      { subject_token: token = "", subject_token_type: type }: Params,
    ) => {
      if (type === `${TYPE}id_token`) return (await verified(token, as, client)).sub;
      const isKnown = type === `${TYPE}refresh_token` && refreshTokens.has(token);
      if (!isKnown) throw new errors.InvalidGrant("no such refresh token");
      return "person";
    };
    provider.registerGrantType(
      TOKEN_EXCHANGE,
      async (ctx) => {
        const params = paramsOf(ctx);
        const client = ctx.oidc.client?.clientId ?? "";
        const answer = (token: string, type: string) => {
          ctx.body = {
            access_token: token,
            issued_token_type: TYPE + type,
            token_type: "N_A",
            expires_in: 300,
          };
        };
        if (params.requested_token_type === `${TYPE}refresh_token`) {
          const xml = Buffer.from(params.subject_token ?? "", "base64url").toString();
          if (params.subject_token_type !== `${TYPE}saml2` || !xml.startsWith("<saml"))
            throw new errors.InvalidGrant("no SAML assertion");
          const token = `refresh-${randomUUID()}`;
          refreshTokens.add(token);
          return answer(token, "refresh_token");
        }
        if (params.requested_token_type !== `${TYPE}id-jag`) throw new errors.InvalidRequest("type");
        const sub = await subjectOf(client, params);
        const { audience = "", resource, scope } = params;
        if (!audiences.includes(audience)) throw new errors.InvalidTarget();
        const claims = { sub, aud: audience, resource, scope, client_id: clientAt[client] };
        answer(await as.sign(claims as JWTPayload, 300, { typ: "oauth-id-jag+jwt" }), "id-jag");
      },
      PARAMS,
      ["audience", "resource"],
    );
  };
