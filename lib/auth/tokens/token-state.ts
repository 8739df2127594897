import { type BoundToken, succeed } from "./bound-token.ts";
import type { Renewal } from "./renew.ts";

/**
 * The token of this process. How good it is by now is asked of `freshness`: a token ages by itself, its state does
 * not change by that.
 */
export type TokenState =
  | { kind: "none" }
  /** The server wants none, as far as is known. */
  | { kind: "open" }
  | { kind: "held"; bound: BoundToken }
  /** It is stale and still sent, while the next is asked for in the background. */
  | { kind: "renewing"; bound: BoundToken; renewal: Renewal };

/** What happens to it. */
export type TokenEvent =
  | { kind: "received"; bound: BoundToken; origin: string }
  | { kind: "found_open" }
  | { kind: "renewal_begun"; renewal: Renewal }
  | { kind: "renewal_ended" };

/** The one place where the state of the token changes. */
export function nextState(state: TokenState, event: TokenEvent): TokenState {
  switch (event.kind) {
    case "received": {
      const bound = succeed(boundOf(state), event.bound, event.origin);
      return state.kind === "renewing" ? { ...state, bound } : { kind: "held", bound };
    }
    case "found_open":
      return state.kind === "none" ? { kind: "open" } : state;
    case "renewal_begun":
      return state.kind === "held" ? { ...state, kind: "renewing", renewal: event.renewal } : state;
    case "renewal_ended":
      return state.kind === "renewing" ? { kind: "held", bound: state.bound } : state;
  }
}

/** The token there is. */
export const boundOf = (state: TokenState): BoundToken | undefined =>
  state.kind === "none" || state.kind === "open" ? undefined : state.bound;
