// A network in memory: answers by address, and a list of what was asked.
import { memoryDeps } from "./memory-deps.ts";

/** An answer: a status alone, JSON with status 200, or all of it. */
export type Scripted = number | object | Response | ((request: Request) => Scripted);

const answerOf = (scripted: Scripted | undefined, request: Request): Response => {
  if (typeof scripted === "function") return answerOf(scripted(request), request);
  if (scripted instanceof Response) return scripted.clone();
  if (scripted === undefined || typeof scripted === "number")
    return new Response(null, { status: scripted ?? 404 });
  return Response.json(scripted);
};

/**
 * What authorization is given from outside, over answers by address; all other addresses answer 404.
 *
 * @param clock in ms since the epoch; the machine's own unless given
 */
export function scriptedDeps(script: Record<string, Scripted>, clock?: () => number) {
  const asked: string[] = [];
  const requests: Request[] = [];
  const scripted: typeof fetch = Object.assign(
    async (input: RequestInfo | URL, init?: RequestInit) => {
      const request = new Request(input, init);
      asked.push(request.url);
      requests.push(request);
      const answer = script[request.url];
      if (answer === undefined && Object.hasOwn(script, request.url))
        throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
      return answerOf(answer, request);
    },
    { preconnect: fetch.preconnect },
  );
  return { ...memoryDeps({ fetch: scripted }, clock), asked, requests };
}
