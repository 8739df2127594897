import type { OptionSpec } from "./option-spec.ts";

/** What one verb or a few of them know. */
export const OWN = {
  profile: { group: "own", value: "@NAME", about: "the login to use, where several know the server" },
  to: {
    group: "own",
    value: "PLACE",
    variable: false,
    about: "where the store's key shall be: keyring, file or passphrase",
    choices: ["keyring", "file", "passphrase"],
  },
  edit: { group: "own", variable: false, about: "write the arguments in $VISUAL or $EDITOR" },
  "no-check": { group: "own", variable: false, about: "send arguments as they are, whatever is declared" },
  output: {
    group: "own",
    value: "FILE|DIR",
    variable: false,
    about: "save images, audio and other attachments there; each gets a name by its URI and type in a folder",
  },
  overwrite: { group: "own", variable: false, about: "let --output replace files that are there" },
  answers: {
    group: "own",
    value: "FILE",
    about: "JSON: what to answer where the server asks, by field",
  },
  parallel: { group: "own", value: "COUNT", about: "calls under way at once, 64 at most; 1 by default" },
  "keep-going": { group: "own", about: "go on with the next call when one has failed" },
  task: { group: "own", about: "call it as a task, where the tool can run as one" },
  detach: { group: "own", about: "begin a task, print its id, and do not wait for it" },
  progress: { group: "own", about: "tell progress on stderr where it is no terminal too" },
  follow: { group: "own", variable: false, about: "go on with what is written from now on, until Ctrl-C" },
  lines: { group: "own", value: "COUNT", variable: false, about: "how many lines at most; 200 by default" },
} as const satisfies Record<string, OptionSpec>;
