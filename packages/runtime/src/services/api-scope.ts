/** What a key may do; each route names one. */
export type ApiScope = 'read' | 'agents' | 'tasks' | 'billing' | 'admin';

/** What an owner may do: everything. */
export const ownerScopes: readonly ApiScope[] = ['read', 'agents', 'tasks', 'billing', 'admin'];

/** What a role may do at most, whatever its key says. */
export const scopesOfRole: Readonly<Record<string, readonly ApiScope[]>> = {
  owner: ownerScopes,
  admin: ownerScopes,
  member: ['read', 'agents', 'tasks'],
  viewer: ['read'],
};
