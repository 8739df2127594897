import { chooseSvid } from "./choose.ts";
import { readable } from "./errors.ts";
import { x509Svids } from "./messages.ts";
import { certificatesPem, keyPem } from "./pem.ts";

const KIND = "X.509-SVID";

/** An X.509-SVID with all that TLS takes of it, PEM. */
export interface X509Identity {
  spiffeId: string;
  /** The certificate, then its intermediates. */
  cert: string;
  key: string;
  /** Authorities of its trust domain. */
  bundle: string;
}

/**
 * The SVID that is meant in an `X509SVIDResponse`.
 *
 * @param identity a SPIFFE id or a hint; the default identity unless given
 * @throws M2mcpError no_identity
 */
export function identityIn(response: Uint8Array, identity: string | undefined): X509Identity {
  const svids = readable(KIND, () => x509Svids(response));
  const whole = svids.filter(({ chain, key }) => chain.length > 0 && key.length > 0);
  const { spiffeId, chain, key, bundle } = chooseSvid(KIND, whole, identity);
  return readable(KIND, () => ({
    spiffeId,
    cert: certificatesPem(chain),
    key: keyPem(key),
    bundle: certificatesPem(bundle),
  }));
}
