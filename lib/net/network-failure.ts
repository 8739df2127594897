import { codeOf } from "../platform/error-code.ts";

/** What went wrong where `fetch` threw, in words. */
const reasons: Record<string, string> = {
  ECONNREFUSED: "the connection was refused",
  ConnectionRefused: "the connection was refused",
  ECONNRESET: "the connection was closed",
  ConnectionClosed: "the connection was closed",
  EPIPE: "the connection was closed",
  InvalidHTTPResponse: "it does not speak HTTP",
  Malformed_HTTP_Response: "it does not speak HTTP",
  HPE_HEADER_OVERFLOW: "the headers of its answer are too long",
  ResponseHeadersTooLarge: "the headers of its answer are too long",
  UnrequestedUpgrade: "it does not speak HTTP as it was asked to",
  InvalidContentLength: "it names a length that is none (Content-Length)",
  UnsupportedTransferEncoding: "its Transfer-Encoding is not known",
  UnexpectedData: "it sent more than it said",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name could not be looked up",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check the clock",
  CERT_REVOKED: "its certificate was revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed (name its authority with --ca FILE)",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate chain is self-signed (name its authority with --ca FILE)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an unknown authority (name it with --ca FILE)",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is of an unknown authority (name it with --ca FILE)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an unknown authority (name it with --ca FILE)",
  INVALID_PURPOSE: "its certificate is none of a server",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  EPROTO: "the TLS handshake failed: it does not speak TLS, or wants a client certificate (--client-cert)",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; check http and https in the address",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "it wants a client certificate (--client-cert and --client-key)",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust the client certificate",
};

/** The code of what `fetch` threw, or of what caused it; empty when there is none. */
export function failureCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const code = codeOf(at);
    if (code !== "") return code;
  }
  return "";
}

/** Whether the connection was refused: then the other side cannot have seen the request. */
export const isRefusal = (code: string): boolean => code === "ECONNREFUSED" || code === "ConnectionRefused";

/** Whether a connection that stood was broken off: the other side may have acted on the request. */
export const isBreak = (code: string): boolean =>
  code === "ECONNRESET" || code === "ConnectionClosed" || code === "EPIPE";

/** Whether something was answered, in what is no HTTP (RFC 9112): the other side may have acted on the request. */
export const isNoHttp = (code: string): boolean => NO_HTTP.includes(code) || code.startsWith("HPE_");
const NO_HTTP = [
  "InvalidHTTPResponse",
  "Malformed_HTTP_Response",
  "ResponseHeadersTooLarge",
  "UnrequestedUpgrade",
  "InvalidContentLength",
  "UnsupportedTransferEncoding",
  "UnexpectedData",
];

/** Whether a compressed body could not be read. */
export const isDamage = (code: string): boolean =>
  code === "ZlibError" || code === "BrotliDecompressionError" || code === "ZstdDecompressionError";

/** A code in words; never the error's own text, which may hold the request. */
export function failureReason(code: string): string {
  const known = reasons[code];
  if (known !== undefined) return known;
  // What node's parser of HTTP stumbles over.
  if (code.startsWith("HPE_")) return "it does not speak HTTP";
  return code === "" ? "the connection failed" : `the connection failed (${code})`;
}

/** What to try, by the code. */
export function failureHint(code: string): string {
  if (isRefusal(code)) return "check the address and the port, and that the server is running";
  if (code === "ENOTFOUND") return "check the host name in the address, and the proxy settings";
  if (/CERT|LEAF_SIGNATURE|ISSUER|PURPOSE/.test(code) && code !== "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED")
    return "the server's owner must mend its certificate; a private authority is named with --ca FILE";
  return "check the address, the network and the proxy settings";
}
