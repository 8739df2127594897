/** Longest token that a header or a form will carry, in characters. */
const LONGEST = 64 * 1024;

/** Whether a text has the form of a signed JWT (RFC 7515 §7.1): a page of HTML and an error in words have not. */
export const isJwt = (text: unknown): text is string =>
  typeof text === "string" && text.length <= LONGEST && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
