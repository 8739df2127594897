/** Our own commands in a text, with what stands between and the name that is theirs. */
const NAMED = /(\bm2mcp(?: [\w<>|-]+){0,2} )(@\w[\w.-]*)(?!["\w])/g;

/** A value in quotes that cmd does not know. */
const SINGLE = /(\w:?=)'([^'"\n]*)'/g;

/**
 * Commands in a text of ours as they can be pasted: PowerShell takes `@svc` for a variable of its own, and leaves it out;
 * in double quotes it is a name there, and in cmd too.
 */
export const pasteable = (text: string, platform: string = process.platform): string =>
  platform === "win32" ? text.replace(NAMED, '$1"$2"').replace(SINGLE, '$1"$2"') : text;

/** Stands behind a hint on names: without quotes PowerShell has left it out. */
export const inQuotes = (platform: string = process.platform): string =>
  platform === "win32" ? '; in PowerShell an @name stands in quotes, "@svc"' : "";

/** How a command is started with nothing on stdin. */
export const nothingOnStdin = (platform: string = process.platform): string =>
  platform === "win32" ? "<NUL in cmd, $null | m2mcp … in PowerShell" : "</dev/null";

/** Says that a shell has taken the quotes out of JSON in an argument, where that is how it looks; else the usual hint. */
export const jsonHint = (text: string, usual: string, platform: string = process.platform): string =>
  platform === "win32" && !text.includes('"') && /[[{:,]\s*[A-Za-z_]/.test(text)
    ? 'the shell has taken its quotes away: cmd and PowerShell before 7.3 want \\" for each; or key=@FILE, or - and stdin'
    : usual;
