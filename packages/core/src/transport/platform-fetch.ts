import { fetch } from '#fetch';

/**
 * The `fetch` of a client that was given none: the platform's own, and on Node a faster one, which the package's `imports`
 * put in its place.
 */
export const platformFetch: typeof globalThis.fetch = fetch;
