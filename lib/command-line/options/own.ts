import type { OptionSpec } from "./option-spec.ts";

/** What one verb or a few of them know. */
export const OWN = {
  profile: {
    group: "own",
    value: "@NAME",
    about: "the saved login to use, where there are several for this server",
  },
  to: {
    group: "own",
    value: "PLACE",
    variable: false,
    about: "where the store's key shall be: keyring, file or passphrase",
    choices: ["keyring", "file", "passphrase"],
  },
  edit: {
    group: "own",
    variable: false,
    about: "write the arguments in $VISUAL or $EDITOR, from a template",
  },
  "no-check": { group: "own", variable: false, about: "send the arguments unchecked" },
  output: {
    group: "own",
    value: "FILE|DIR",
    variable: false,
    about: "save images, audio and other attachments there; in a folder each is named after its URI and type",
  },
  overwrite: { group: "own", variable: false, about: "let --output replace existing files" },
  answers: {
    group: "own",
    value: "FILE",
    about: "a JSON file with answers to the server's questions: values by field, or a list of such objects",
  },
  parallel: {
    group: "own",
    value: "COUNT",
    about: "how many calls to make at once: 1 by default, 64 at most",
  },
  "keep-going": { group: "own", about: "go on with the next call when one has failed" },
  task: { group: "own", about: "run it as a task at the server, where the tool allows it, and wait" },
  detach: { group: "own", about: "run it as a task, print the task's id, and do not wait" },
  progress: { group: "own", about: "show progress on stderr even if it is no terminal" },
  follow: { group: "own", variable: false, about: "keep printing what is added, until Ctrl-C" },
  lines: { group: "own", value: "COUNT", variable: false, about: "how many lines at most; 200 by default" },
  prefix: {
    group: "own",
    value: "WHEN",
    about:
      "when names of tools and prompts of several servers bear their server's: clash (default) or always",
    choices: ["clash", "always"],
  },
  listen: {
    group: "own",
    value: "HOST:PORT|unix:PATH",
    about:
      "where to listen: 127.0.0.1 and a free port by default; beyond this machine with --bearer-file alone",
  },
  "bearer-file": {
    group: "own",
    value: "FILE",
    about: "a file with the bearer token that clients must show",
  },
  "allow-host": {
    group: "own",
    value: "NAME",
    repeat: true,
    about: "a further name of this machine that clients and web pages may ask by",
  },
  show: { group: "own", variable: false, about: "show the token at a terminal too" },
} as const satisfies Record<string, OptionSpec>;
