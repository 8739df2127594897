import { createPrivateKey, X509Certificate } from "node:crypto";
import { M2mcpError } from "../../../failure.ts";
import { badCertificate } from "../../errors.ts";

/** What TLS shows and trusts, as PEM texts. */
export interface TlsMaterial {
  /** The client certificate, and its key with it. */
  cert?: string;
  key?: string;
  /** Authorities trusted beside the system's. */
  ca?: string;
}

/**
 * Checks that a certificate and a key go together, so that the fault is named here and not by a server's alert.
 * @throws M2mcpError bad_certificate, which quotes neither
 */
function checkPair(material: TlsMaterial): TlsMaterial {
  const { cert, key } = material;
  if (cert === undefined || key === undefined) return material;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(cert);
  } catch {
    throw badCertificate("--client-cert holds no PEM certificate");
  }
  let isPair: boolean;
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw badCertificate(
      key.includes("ENCRYPTED")
        ? "its key is encrypted: openssl pkey -in FILE decrypts it"
        : "--client-key holds no PEM private key",
    );
  }
  if (!isPair) throw badCertificate("--client-key belongs to another certificate");
  return material;
}

/**
 * A `fetch` that follows a client certificate which is renewed in place (cert-manager) or by its platform (SPIFFE): what
 * `read` yields is looked at again after a while, and taken once certificate and key go together. What cannot be read
 * changes nothing.
 *
 * @param open a `fetch` that shows the certificate
 * @param freshMs how long what was read counts, in ms
 */
export async function followingFetch(
  read: () => Promise<TlsMaterial>,
  open: (material: TlsMaterial) => typeof fetch,
  freshMs: number,
  log: (line: string) => void,
): Promise<typeof fetch> {
  let pair = checkPair(await read());
  let current = open(pair);
  let readAtMs = performance.now();
  let renewing: Promise<void> | undefined;

  async function renew(): Promise<void> {
    try {
      const next = await read();
      if (next.cert === pair.cert && next.key === pair.key && next.ca === pair.ca) return;
      pair = checkPair(next);
      current = open(pair);
      log(next.cert ? "the client certificate was renewed" : "the trust bundle was renewed");
    } catch (error) {
      log(
        `the client certificate was not renewed: ${error instanceof M2mcpError ? error.message : "unknown"}`,
      );
    } finally {
      readAtMs = performance.now();
      renewing = undefined;
    }
  }

  const following = async (input: RequestInfo | URL, init?: RequestInit) => {
    if (performance.now() - readAtMs > freshMs) {
      renewing ??= renew();
      await renewing;
    }
    return current(input, init);
  };
  return Object.assign(following, { preconnect: fetch.preconnect });
}
