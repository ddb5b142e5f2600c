/** What a key may do; each route names one. */
export type ApiScope = 'read' | 'agents' | 'tasks' | 'billing' | 'admin';

/**
 * What a route asks of its caller: a scope of a tenant's key; `operator`: the operator's key and no other; `anyone`: no
 * key at all.
 */
export type RouteScope = ApiScope | 'operator' | 'anyone';

/** What an owner may do: everything. */
export const ownerScopes: readonly ApiScope[] = ['read', 'agents', 'tasks', 'billing', 'admin'];

/** What a role may do at most, whatever its key says. */
export const scopesOfRole: Readonly<Record<string, readonly ApiScope[]>> = {
  owner: ownerScopes,
  admin: ownerScopes,
  member: ['read', 'agents', 'tasks'],
  viewer: ['read'],
};
