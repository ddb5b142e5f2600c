/** A request as a scripted answer sees it, and as a test finds it afterwards. */
export interface TestRequest {
  /** The key of the answers that it met, `'GET /agents/:agentId'`; method and path where it met none. */
  route: string;
  /** The values of the route's parameters: `{ agentId: 'agt_1' }`. */
  params: Record<string, string>;
  /** The query; a name that is there several times has a list. */
  query: Record<string, string | string[]>;
  /** The headers, the credential and the idempotency key included. */
  headers: Headers;
  /** The body, parsed where it is JSON; undefined where there is none. */
  body: unknown;
}

/**
 * What a route answers with: a value that is sent as JSON with status 200; `undefined`, which is 204; a `Response`; or a
 * function that gives one of these from the request. A function that throws is a network that fails.
 */
export type TestAnswer = ((request: TestRequest) => unknown) | object | string | number | boolean | null | undefined;

/** Answers by route: `{ 'GET /agents/:agentId': ({ params }) => ({ id: params.agentId }) }`. */
export type TestAnswers = Record<string, TestAnswer>;

/** The route that a request meets: a path that is written out goes before one with parameters. */
export function matchRoute(
  routes: readonly string[],
  method: string,
  path: string,
): Pick<TestRequest, 'route' | 'params'> {
  const [match] = routes
    .map((route) => ({ route, params: paramsOf(route, `${method} ${path}`) }))
    .filter((one): one is Pick<TestRequest, 'route' | 'params'> => one.params !== undefined)
    .sort((one, other) => Object.keys(one.params).length - Object.keys(other.params).length);
  return match ?? { route: `${method} ${path}`, params: {} };
}

function paramsOf(route: string, address: string): Record<string, string> | undefined {
  const templates = route.split('/');
  const segments = address.split('/');
  if (templates.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, template] of templates.entries()) {
    const segment = segments[index] ?? '';
    if (template.startsWith(':')) params[template.slice(1)] = decodeURIComponent(segment);
    else if (template !== segment) return undefined;
  }
  return params;
}

/** The names and values of a query, lists where a name is there several times. */
export function queryOf(search: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(search.keys())].map((name) => {
      const [value = '', ...more] = search.getAll(name);
      return [name, more.length > 0 ? [value, ...more] : value];
    }),
  );
}
