// In which words servers say that they do not know a session.

/** Longest words that are about a session: others speak of it among much else. */
const MAX_SESSION_WORDS = 300;

/** A session, or what carries one in HTTP+SSE. */
const NAMES_SESSION = /session|\bsse (?:connection|transport|stream)|\bno (?:active )?transport\b/i;
const NAMES_LOSS = new RegExp(
  [
    "\\b(?:not|never)(?: been| be)? ?(?:found|known|valid|active|alive|open|available|established|connected|recogni[sz]ed|exist|registered)",
    "\\bnot in (?:the |our |this )?(?:store|cache|memory|registry|map)|\\b(?:not|no) match",
    "n['’]?t (?:exist|find|locate)|\\b(?:cannot|could not|failed to|unable to) (?:find|locate|load|resume|restore|retrieve)",
    "\\bno (?:longer|such|valid|active|open|live|existing|current|matching|session|transport|sse)\\b",
    "unknown|expired|invalid|missing|unrecogni[sz]ed|unregistered|terminated|closed|\\bended|gone|lost|stale|required|inactive",
    "timed? ?out|destroyed|deleted|removed|evicted|disconnected|revoked|mismatch|killed|abandoned|discarded|\\b(?:bad|wrong|dead|reset|died|is over)\\b",
  ].join("|"),
  "i",
);
const NOT_INITIALIZED = new RegExp(
  [
    "\\b(?:not|never)(?: been)?(?: yet)? initiali[sz]ed|\\buninitiali[sz]ed|\\binitiali[sz]e (?:request )?(?:first|required)",
    "\\bexpect(?:s|ed|ing)?(?: an?)? initiali[sz]e|\\bbefore initiali[sz](?:ation|e|ing)|\\b(?:requires?|missing|without) initiali[sz](?:ation|e)",
    "\\binitiali[sz]ation (?:is )?(?:required|missing)|\\b(?:must|needs? to) (?:first )?(?:be initiali[sz]ed|(?:call |send )?initiali[sz]e)",
    "\\b(?:please|must|needs? to|client should) re ?initiali[sz]e|\\bre ?initiali[sz](?:ation|e) (?:is )?required",
  ].join("|"),
  "i",
);

/** Names that programs give their errors, in words: `SESSION_NOT_FOUND`, `SessionNotFound`, `session-id`. */
const inWords = (words: string) => words.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]/g, " ");

/** Whether a server's words say that it does not know the session, or knows of no handshake. */
export function namesLostSession(said: string): boolean {
  if (said.length > MAX_SESSION_WORDS) return false;
  const words = inWords(said);
  return (NAMES_SESSION.test(words) && NAMES_LOSS.test(words)) || NOT_INITIALIZED.test(words);
}
