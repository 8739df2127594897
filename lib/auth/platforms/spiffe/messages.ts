// The messages of the Workload API that are used here, as its published workload.proto numbers their fields.
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { fieldsOf, LENGTH_DELIMITED } from "../../../protobuf-fields.ts";

/** A JWT-SVID as the agent hands it out. */
export interface JwtSvid {
  spiffeId: string;
  /** The JWT. */
  svid: string;
  /** What its operator says of its use, where there are several. */
  hint: string;
}

/** An X.509-SVID as the agent hands it out, all of it DER. */
export interface X509Svid {
  spiffeId: string;
  /** The certificate, then its intermediates. */
  chain: Uint8Array;
  /** PKCS#8. */
  key: Uint8Array;
  /** Authorities of its trust domain. */
  bundle: Uint8Array;
  hint: string;
}

/** `JWTSVIDRequest`. @param spiffeId which one; all unless given */
export function jwtSvidRequest(audience: string, spiffeId?: string): Uint8Array {
  const writer = new BinaryWriter().tag(1, LENGTH_DELIMITED).string(audience);
  if (spiffeId !== undefined) writer.tag(2, LENGTH_DELIMITED).string(spiffeId);
  return writer.finish();
}

/** `X509SVIDRequest`, which has no fields. */
export const x509SvidRequest = (): Uint8Array => new Uint8Array();

/** The SVIDs of a `JWTSVIDResponse`. @throws Error for what is none */
export const jwtSvids = (response: Uint8Array): JwtSvid[] =>
  svidsIn(response).map((fields) => ({
    spiffeId: text(fields.get(1)),
    svid: text(fields.get(2)),
    hint: text(fields.get(3)),
  }));

/** The SVIDs of an `X509SVIDResponse`. @throws Error for what is none */
export const x509Svids = (response: Uint8Array): X509Svid[] =>
  svidsIn(response).map((fields) => {
    const bytes = (number: number) => fields.get(number) ?? new Uint8Array();
    const [chain, key, bundle] = [bytes(2), bytes(3), bytes(4)];
    return { spiffeId: text(fields.get(1)), chain, key, bundle, hint: text(fields.get(5)) };
  });

/** Both answers have their SVIDs in field 1. */
const svidsIn = (response: Uint8Array): Map<number, Uint8Array>[] =>
  fieldsOf(response).flatMap(([number, message]) => (number === 1 ? [new Map(fieldsOf(message))] : []));

const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? "" : new TextDecoder().decode(bytes));
