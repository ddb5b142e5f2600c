/** The platform's own `fetch`, looked up at the call: tests and tracers replace it. */
export const fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init);
