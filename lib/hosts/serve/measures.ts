import type { IncomingMessage } from "node:http";
import type { Interceptor } from "../../mcp/protocol/transport.ts";

/** What is measured of this host, and for whom. */
export interface Measures {
  /** Sees each MCP request of a client's. */
  intercept: Interceptor;
  http: {
    /** Does `work` as part of an HTTP request. @returns what is told how it ended, once */
    begin(incoming: IncomingMessage, work: () => void): (status: number | undefined) => void;
    /** Who is asked, when somebody looks, how many sessions there are. */
    countSessions(count: () => number): void;
  };
  /** All that was measured, for who asks at `/metrics`. */
  page?: MetricsPage | undefined;
}

export interface MetricsPage {
  /** Its media type. */
  type: string;
  text(): Promise<string>;
}
