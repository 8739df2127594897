// Failures of the store and its key.
import { EXIT, M2mcpError, wrongUsage } from "../failure.ts";

const storeError = (code: string, message: string, hint?: string) =>
  new M2mcpError(code, EXIT.store, message, hint);

export const damagedFile = (file: string) =>
  storeError(
    "damaged",
    `${file} is damaged; it was left as it is`,
    "restore it from a backup, or delete it and run m2mcp login again",
  );

/** The description or the key: without it no profile opens. */
export const damagedStore = (what: string) =>
  storeError(
    "damaged",
    `${what} is damaged; it was left as it is`,
    "restore it from a backup, or delete the store's folder and run m2mcp login again",
  );

export const newerFormat = (file: string, version: unknown) =>
  storeError(
    "newer_format",
    `${file} has format version ${version}, which this m2mcp does not know`,
    "update m2mcp",
  );

/** @param was where it came from */
export const wrongPassphrase = (file: string, was: "in M2MCP_PASSPHRASE" | "typed") =>
  storeError(
    "wrong_passphrase",
    `${was === "typed" ? "the passphrase that was typed" : "M2MCP_PASSPHRASE"} does not open the store (${file})`,
    was === "typed"
      ? "type the passphrase that the store was given last; M2MCP_HOME names another store"
      : "set the passphrase that the store was given last",
  );

/** Typed twice, so that a slip does not lock a new store for good. */
export const typedPassphrase = () => wrongUsage("the two passphrases differ", "try again");

export const missingPassphrase = (folder: string) =>
  storeError(
    "missing_passphrase",
    `the store in ${folder} is protected by a passphrase, and M2MCP_PASSPHRASE is not set`,
    "set it to the passphrase that the store was given last, or type it at a terminal; M2MCP_HOME names another store",
  );

/** @param hint where it is not to start or unlock one */
export const noKeyring = (reason: string, hint = "unlock or start one") =>
  storeError(
    "no_keyring",
    `no OS keyring answers: ${reason}`,
    `${hint}; a new store does without by --store file`,
  );

/** The store exists, and its key is where nobody answers: another place is no way out. */
export const keyringSilent = (folder: string, reason: string, hint = "unlock or start the keyring") =>
  storeError(
    "no_keyring",
    `the store's key is in the OS keyring, which does not give it: ${reason}`,
    `${hint}; the store is ${folder}, and M2MCP_HOME names another one to log in to`,
  );

export const keyLost = (folder: string, where: string) =>
  storeError(
    "key_lost",
    `the store's key is not in ${where} any more`,
    `restore the key, or delete the store, ${folder}, and run m2mcp login again`,
  );

export const descriptionLost = (file: string) =>
  storeError(
    "key_lost",
    `${file} is missing, though there are profiles: nothing says which key opens them`,
    "restore it from a backup, or delete the store's folder and run m2mcp login again",
  );

export const otherPlace = (folder: string, is: string, wanted: string) =>
  storeError(
    "other_place",
    `the key of the store in ${folder} ${is === "passphrase" ? "comes from a passphrase" : `is in the ${is}`}, not in the ${wanted}`,
    `m2mcp store move --to ${wanted} changes that`,
  );

export const lockedTooLong = (what: string) =>
  storeError(
    "locked",
    `another process has held ${what} for too long`,
    "end the process that hangs, then try again",
  );

/** This process was stopped for so long that another one took its lock over. */
export const lockLost = (what: string) =>
  storeError("lock_lost", `another process has taken over ${what}, so nothing was written`, "try again");

export const deviceName = (name: string) =>
  wrongUsage(`Windows keeps the name ${name} for a device`, "choose another name for the profile");

export const badProfileName = (name: string) =>
  wrongUsage(
    `@${name} is no profile name`,
    "use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
  );
