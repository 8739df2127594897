import { isUnexpanded } from "../../plain-text.ts";

/** What is to be replaced by a value, as examples have it; it may also be one. */
const PLACEHOLDER = [
  /^\$[A-Za-z_]\w*$/,
  /^<[^<>]*>$/,
  /^\[[^[\]]*\]$/,
  /^(your|my|replace|insert|enter|change|todo|fixme)[-_ ]?[a-z_ -]*$/i,
  /^(x{4,}|[*•.]{4,})$/i,
  /^(undefined|null|none|nil|nan)$/i,
  /^(@\w+@|__[A-Z]\w*__|!\w+!|\{\w+\}|`[^`]*`)$/,
  // Variables within a text, and references that a secret manager was to resolve.
  /\$\{\w[^{}]*\}|\{\{[^{}]*\}\}/,
  /^(op|vault|file|ssm|secret|keyring):\/\/|^(vault|arn:aws):|^\/run\/secrets\/|^@Microsoft\.KeyVault\(|^ENC\[/,
];

const isPlaceholder = (text: string) =>
  text.length <= 200 && PLACEHOLDER.some((form) => form.test(text.trim()));

/** Why a text cannot be what was meant; undefined where it can. It is never quoted: it may be the secret. */
export function faultIn(text: string): string | undefined {
  if (isUnexpanded(text)) return "it is a variable that nothing expanded";
  const control = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/u.exec(text);
  if (!control) return undefined;
  const [char] = control;
  if (char === "\ufffd") return "it is not text in UTF-8 or UTF-16";
  const name = char === "\n" || char === "\r" ? "a newline" : "a control character or one that is not seen";
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `it holds ${name} (U+${code}) after ${control.index} characters`;
}

/** What seems wrong with a text that was refused; undefined where nothing does. */
export function doubtAbout(what: string, text: string): string | undefined {
  if (isUnexpanded(text) || isPlaceholder(text))
    return `${what} looks like a placeholder or a variable that nothing expanded`;
  if (text !== text.trim()) return `${what} begins or ends with white space, which was sent too`;
  if (/^(["'`]).*\1$/s.test(text) || /^[\u2018\u201c\u201e].*[\u2018-\u201d]$/s.test(text))
    return `${what} stands in quotes, which were sent too`;
  // RFC 6749 appendix A has ASCII alone.
  if (/[^ -~]/.test(text))
    return `${what} holds letters beyond ASCII, which editors put in place of dashes, quotes and blanks`;
  return undefined;
}
