import type { TenantRole } from '@runctl/tenants';
import { Failure } from './failure.ts';

/** Roles, most first. */
const ranks: readonly string[] = ['owner', 'admin', 'member', 'viewer'];

/** Whether a role may do all that another may; who is in no tenant may do nothing. */
export function mayDoAllOf(role: string, other: string): boolean {
  const rank = ranks.indexOf(role);
  return rank >= 0 && rank <= ranks.indexOf(other);
}

/** The lesser of two roles. */
export function lesserRole(one: TenantRole, other: TenantRole): TenantRole {
  return mayDoAllOf(one, other) ? other : one;
}

/** Nobody gives, takes or touches a role above the own. @throws {Failure} `authorization.role_too_low` */
export function checkMayHandle(own: string, role: string): void {
  if (own === 'operator' || mayDoAllOf(own, role)) return;
  throw new Failure(
    'authorization.role_too_low',
    `A key with the role ${own} cannot give or change the role ${role}.`,
    {
      hint: `Ask someone with the role ${role}.`,
    },
  );
}
