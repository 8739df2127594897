import type { Token, Tokens } from "marked";
import type { Screen } from "../screen/screen.ts";
import { marked, type Role, type Shown } from "../screen/style.ts";

const ROLES: Record<string, Role> = { strong: "strong", em: "emphasis", codespan: "code", del: "muted" };

/** The words of one line of Markdown, marked as they are meant. Their controls must be shown already. */
export const inlineShown = (tokens: readonly Token[] | undefined, screen: Screen): Shown =>
  (tokens ?? []).map((token) => one(token, screen)).join("") as Shown;

function one(token: Token, screen: Screen): Shown {
  const within = "tokens" in token && token.tokens ? inlineShown(token.tokens, screen) : undefined;
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return marked(within ?? "", screen, ROLES[token.type]);
    case "codespan":
      return marked((token as Tokens.Codespan).text, screen, "code");
    case "link":
      return address(within ?? ("" as Shown), (token as Tokens.Link).href, screen);
    case "image":
      return address(
        `[${(token as Tokens.Image).text || "image"}]` as Shown,
        (token as Tokens.Image).href,
        screen,
      );
    case "br":
      return "\n" as Shown;
    case "escape":
      return (token as Tokens.Escape).text as Shown;
    default:
      return within ?? (token.raw as Shown);
  }
}

/** An address stands whole beside its words: where it leads must be seen. */
const address = (words: Shown, href: string, screen: Screen): Shown =>
  words === href
    ? marked(href, screen, "address")
    : (`${words} (${marked(href, screen, "address")})` as Shown);
