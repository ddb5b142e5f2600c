import type { InviteCode, TenantMember } from '@runctl/tenants';
import type { InviteRow, MemberRow } from '../../store/schema.ts';
import { formatTimestamp } from './format-timestamp.ts';

/** A member as it travels. */
export function toMember(row: Omit<MemberRow, 'tenant_id'>): TenantMember {
  return {
    userId: row.user_id as TenantMember['userId'],
    email: row.email,
    name: row.name,
    role: row.role as TenantMember['role'],
    joinedAt: formatTimestamp(row.joined_at),
  };
}

/** An invite as it travels. */
export function toInvite(row: Omit<InviteRow, 'tenant_id'>, now: number): InviteCode {
  return {
    id: row.id as InviteCode['id'],
    inviteCode: row.code,
    role: row.role as InviteCode['role'],
    status: statusOf(row, now),
    maxUses: row.max_uses,
    uses: row.uses,
    createdAt: formatTimestamp(row.created_at),
    expiresAt: formatTimestamp(row.expires_at),
  };
}

function statusOf(row: Omit<InviteRow, 'tenant_id'>, now: number): InviteCode['status'] {
  if (row.revoked_at !== null) return 'revoked';
  if (row.uses >= row.max_uses) return 'used_up';
  return row.expires_at <= now ? 'expired' : 'active';
}
