/** Where the OS keeps one secret; every call may throw what the keyring says. */
export interface Keyring {
  read(account: string): Promise<string | null>;
  write(account: string, secret: string): Promise<void>;
  remove(account: string): Promise<void>;
}

const SERVICE = "m2mcp";
/** A locked keyring may wait for a person who is not there. */
const LIMIT_MS = 4000;

/**
 * The OS keyring: Secret Service, macOS Keychain or Windows Credential Manager. The add-on is loaded at the first
 * use; the literal import lets the compiler embed it.
 */
export function osKeyring(): Keyring {
  const entry = async (account: string) => {
    const { AsyncEntry } = await import("@napi-rs/keyring").catch(() => {
      // The executable unpacks its add-on there.
      throw new Error("its add-on cannot be loaded; the folder for temporary files must be writable");
    });
    // The default would fall back to the kernel's keyring, which forgets at the next start.
    return new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
  };
  const within = async <T>(work: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it gave no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    });
    return Promise.race([work, late])
      .catch((error: unknown) => {
        throw new Error(explained(error instanceof Error ? error.message : ""));
      })
      .finally(() => clearTimeout(timer));
  };
  return {
    read: (account) => within(entry(account).then((found) => found.getPassword())),
    write: (account, secret) => within(entry(account).then((found) => found.setPassword(secret))),
    remove: async (account) => {
      await within(entry(account).then((found) => found.deletePassword()));
    },
  };
}

/** What the add-on says, in words for who has never heard of a Secret Service. */
function explained(message: string): string {
  const [first = ""] = message.split("\n");
  if (process.platform === "linux" && /DBus error/i.test(first) && !process.env.DBUS_SESSION_BUS_ADDRESS)
    return "there is no desktop session here (DBUS_SESSION_BUS_ADDRESS is not set)";
  if (/prompt was dismissed/i.test(first)) return "it is locked, and nobody is there to unlock it";
  if (/no result found/i.test(first)) return "it has no keyring that is unlocked";
  return (
    first.replace(/^(Couldn't access platform storage|Platform failure|Secret Service): /g, "") || "unknown"
  );
}
