/** Authorities to trust with one of the user's: a `ca` given replaces all others, so those are named again. @param ca PEM */
export const authoritiesWith = (ca: string): string[] => [
  // Built-in ones, those of NODE_EXTRA_CA_CERTS and NODE_USE_SYSTEM_CA.
  ...process.getBuiltinModule("node:tls").getCACertificates("default"),
  ca,
];
