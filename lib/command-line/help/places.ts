/** What the places of a verb's arguments stand for; a verb's own word for one goes before that of all. */
const ALL: Readonly<Record<string, string>> = {
  "<target>": "@name, a saved connection, or the URL of a server",
  "<server>": "the URL of a server; https:// is added where no scheme is given",
  "<@name>": "the name to give it",
  "[@name]": "the name to give it; the server's host where none is given",
  "<uri>": "its address, as the list shows it",
  "[target]": "of this one alone: @name or the URL of a server",
  "<id>": "of the task, as tasks-list shows it",
  "<name>": "its name, as the list shows it",
};

const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  complete: {
    "<name>": "a prompt, or a template of resources",
    "<argument>": "argument=beginning, the one to complete; before it those that are settled",
    "[...arguments]": "",
  },
  connect: { "<server|@login>": "the URL of a server, or @name of a login for its own server" },
  bundle: {
    "[@name|server]":
      "a saved connection, or the server that id and secret are asked for; without it both are",
  },
  config: {
    "<@name>": "the profile",
    "[...settings]":
      "named like the options of login: scope, timeout, protocol, header, issuer, token-endpoint, resource, auth-method, client-secret, …; key=value changes one, key= unsets it, key alone shows it",
  },
  export: { "[...names|file]": "@name of each profile, all without; and the file, stdout without" },
  import: { "<file>": "what export has written; - for stdin" },
  install: { "<@name>": "a connection that login or connect has saved" },
  uninstall: { "<@name>": "the connection that the entries are for; it need not be saved any more" },
  logout: { "<@name|server>": "a profile, or the server that one is saved for" },
  completion: {
    "<shell>":
      "bash, zsh, fish or powershell; the example's line belongs into the file that it reads when it starts",
  },
  discover: { "<server|@name>": "the URL of a server, or a saved connection, for its address" },
  request: {
    "<method>": "of MCP, such as tools/list",
    "[...params]": "a JSON object, key=value and key:='json', or - to read stdin",
  },
  grep: {
    "<word>": "in any case; looked for in names and descriptions",
    "[...targets]": "profiles or URLs; all profiles where none is given",
  },
  pins: { "<action>": "list, show, approve or reset", "[...tools]": "their names; all where none is given" },
  run: { "[file]": "a line for each call; - or nothing for stdin" },
  watch: { "[...uris]": "of resources; without them the lists alone" },
  skills: { "[name]": "of one skill, or its URI" },
  "tools-call": { "[...arguments]": "key=value, key:=json, key=@file, a JSON object, or - for stdin" },
  "prompts-get": { "[...arguments]": "key=value" },
  store: { "[action]": "move or passphrase" },
};

/** @param place as in `arguments` of a verb, with its brackets. @returns undefined where its name says all */
export const meaningOf = (verb: string, place: string): string | undefined =>
  OWN[verb]?.[place] ?? ALL[place];
