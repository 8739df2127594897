/** What the places of a verb's arguments stand for; a verb's own word for one goes before that of all. */
const ALL: Readonly<Record<string, string>> = {
  "<target>": "@name, a saved connection, or the URL of a server",
  "<server>": "the URL of a server; https:// is added where no scheme is given",
  "<@name>": "the name to give it",
  "[@name]": "the name to give it; the server's host where none is given",
  "<uri>": "the resource's URI, as resources-list shows it",
  "[target]": "only those of this one: @name or the URL of a server",
  "<id>": "the task's id, as tasks-list shows it",
};

const OWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  complete: {
    "<name>": "a prompt's name, or a resource template",
    "<argument>": "argument=beginning: the last one is completed, those before it are given",
    "[...arguments]": "",
  },
  bridge: { "[...targets]": "@name of each further server: all of them become one" },
  serve: { "[...targets]": "@name of each further server: all of them become one" },
  connect: { "<server|@login>": "the URL of a server, or @name of a login for its own server" },
  bundle: {
    "[@name|server]":
      "for a saved connection; or for a server, whose id and secret the app asks for; without either it asks for the server too",
  },
  config: {
    "<@name>": "the saved connection",
    "[...settings]":
      "key=value sets one, key= unsets it, key alone shows it; keys are named like the options of login: scope, timeout, protocol, header, issuer, client-secret, …",
  },
  export: {
    "[...names|file]":
      "@name of each connection to write, by default all; and the file to write, by default stdout",
  },
  import: { "<file>": "a file that export wrote; - for stdin" },
  install: {
    "<@name>": "a connection that login or connect has saved",
    "[...names]": "further ones: all of them become one server",
  },
  uninstall: {
    "<@name>": "the connection; it need not be saved any more",
    "[...names]": "further ones that it was installed with",
  },
  logout: { "<@name|server>": "a saved login or connection, or a login's server" },
  completion: {
    "<shell>":
      "bash, zsh, fish or powershell; put the example's line into ~/.bashrc, ~/.zshrc or config.fish",
  },
  discover: { "<server|@name>": "the URL of a server, or a saved connection to it" },
  request: {
    "<method>": "a method of MCP, such as tools/list",
    "[...params]": "a JSON object, key=value and key:='json', or - to read stdin",
  },
  grep: {
    "<word>": "looked for in names and descriptions, in upper or lower case",
    "[...targets]": "@name or URL of each server; by default all that are saved",
  },
  pins: {
    "<action>": "list all tools, show what changed, approve it, or reset: forget all pins",
    "[...tools]": "only these tools; by default all that it concerns",
  },
  run: {
    "[file]":
      "a JSON object a line: tool and arguments; prompt, resource, or method and params; - or nothing for stdin",
  },
  watch: { "[...uris]": "URIs of resources to watch as well" },
  skills: { "[name]": "a skill's name or URI, to print its text" },
  "tools-get": { "<name>": "the tool's name, as tools-list shows it" },
  "tools-call": {
    "<name>": "the tool's name, as tools-list shows it",
    "[...arguments]":
      "key=value, a.b=value for nested ones, key:=JSON, key=@file; or all as one JSON object, or - to read it from stdin",
  },
  "prompts-get": {
    "<name>": "the prompt's name, as prompts-list shows it",
    "[...arguments]": "key=value or key=@file",
  },
  store: { "[action]": "move --to PLACE, or passphrase; without it the place is shown" },
};

/** @param place as in `arguments` of a verb, with its brackets. @returns undefined where its name says all */
export const meaningOf = (verb: string, place: string): string | undefined =>
  OWN[verb]?.[place] ?? ALL[place];
