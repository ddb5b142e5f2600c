/**
 * An API key (`rctl_...`), or a function that returns one. A function is asked before the first request, and once more
 * after a 401, for all calls together; so keys can be rotated without a restart.
 */
export type ApiKeySource = string | ((reason: 'initial' | 'unauthorized') => string | Promise<string>);
