import type { Principal } from '../services/authentication.ts';
import { Failure, notFound } from '../services/failure.ts';
import type { ScopeReach, TenantScope } from '../services/tenant-scope.ts';
import type { AnyHandler } from './route.ts';

/** Decides whether a route is for a caller. Nothing is allowed that no route declares. @throws {Failure} 403 */
export function checkAllowed(principal: Principal, handler: AnyHandler): void {
  if (handler.scope === 'anyone') return;
  const isOperator = principal.role === 'operator';
  if (handler.scope === 'operator') {
    if (isOperator) return;
    throw new Failure('authorization.scope_missing', 'This is for the operator of the runtime alone.', {
      hint: 'Use the key that the runtime was started with: RUNCTL_OPERATOR_KEY.',
    });
  }
  if (isOperator && handler.operator !== true) {
    throw new Failure('authorization.scope_missing', 'The operator’s key belongs to no tenant.', {
      requiredScope: handler.scope,
      hint: 'Use a key of the tenant.',
    });
  }
  if (!principal.scopes.includes(handler.scope)) {
    const requiredScope = handler.scope;
    throw new Failure('authorization.scope_missing', `The API key lacks the scope ${requiredScope}.`, {
      requiredScope,
    });
  }
  if (principal.isSuspended && handler.kind !== 'read' && handler.kind !== 'stream') {
    throw new Failure('tenant.suspended', 'The tenant is suspended: it may read, and nothing else.', {
      hint: 'Ask the operator of the runtime.',
    });
  }
}

/**
 * The tenant that a request acts for: the caller's own, by its id or as `current`; for the operator any that exists.
 *
 * @throws {Failure} `tenant.not_found`, the same for another's id as for one that does not exist
 */
export async function tenantOf(
  principal: Principal,
  named: string | undefined,
  scopeOf: (tenantId: string) => TenantScope,
): Promise<string> {
  if (named === undefined) return principal.tenantId;
  if (principal.role !== 'operator') {
    if (named === 'current' || named === principal.tenantId) return principal.tenantId;
    throw notFound('tenant', named);
  }
  const found = await scopeOf(named).tenant().select('id').executeTakeFirst();
  if (found === undefined) throw notFound('tenant', named);
  return named;
}

/**
 * How far a request sees. Above tenants: who belongs to none and names none, and on the routes that are the operator's
 * alone or anybody's. All else stays behind the door of one tenant.
 */
export function reachOf(principal: Principal, handler: AnyHandler, named: string | undefined): ScopeReach {
  const isOfNoTenant = handler.scope === 'operator' || handler.scope === 'anyone';
  return isOfNoTenant || (principal.role === 'operator' && named === undefined) ? 'all tenants' : 'own tenant';
}
