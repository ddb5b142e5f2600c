/** Which call an attempt belongs to. */
export interface Operation {
  /** The route, e.g. `'POST /agents/:agentId/deploy'`. */
  route: string;
  /** From 1. */
  attempt: number;
  /** The key that all attempts of the call share, where it has one. */
  idempotencyKey: string | undefined;
}
/**
 * Wraps every attempt; the client's list runs outermost first. It sees the real request, its credential included, and may
 * pass on another one, or answer by itself.
 *
 * @example
 * const timing: Middleware = async (request, next, operation) => {
 *   const start = performance.now();
 *   const response = await next(request);
 *   console.log(operation.route, response.status, performance.now() - start);
 *   return response;
 * };
 */
export type Middleware = (
  request: Request,
  next: (request: Request) => Promise<Response>,
  operation: Operation,
) => Promise<Response>;
