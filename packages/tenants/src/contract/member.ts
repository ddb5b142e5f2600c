import type { InviteId, Timestamp, UserId } from '@runctl/core';
import type { TenantRole } from './tenant.ts';

/** A person in a tenant. */
export interface TenantMember {
  /** The person. */
  userId: UserId;
  /** E-mail address. */
  email: string;
  /** Shown to people; null where none was given. */
  name: string | null;
  /** What the person may do. */
  role: TenantRole;
  /** When the person joined. */
  joinedAt: Timestamp;
}

/** Which role a member gets. */
export interface UpdateMemberRoleInput {
  /** Nobody raises himself; the last owner stays. */
  role: TenantRole;
}

/** A code that lets people join a tenant. */
export interface InviteCode {
  /** Its id. */
  id: InviteId;
  /** The text to hand out. */
  inviteCode: string;
  /** What the new member may do. */
  role: Exclude<TenantRole, 'owner'>;
  /** Whether it can be redeemed, or why not. */
  status: 'active' | 'expired' | 'used_up' | 'revoked';
  /** Times it can be redeemed. */
  maxUses: number;
  /** Times it was. */
  uses: number;
  /** When it was created. */
  createdAt: Timestamp;
  /** Of no use after it. */
  expiresAt: Timestamp;
}

/** What makes an invite code. */
export interface CreateInviteCodeInput {
  /** What the new member may do; at most what its maker may. */
  role: Exclude<TenantRole, 'owner'>;
  /** Days, 1 or more. Default 7. */
  expiresInDays?: number;
  /** Times it can be redeemed, 1 or more. Default 1. */
  maxUses?: number;
}

/** Who redeems an invite code. */
export interface RedeemInviteCodeInput {
  /** E-mail address. */
  email: string;
  /** Shown to people. Default: none. */
  name?: string;
}

/** A member who has just joined. */
export interface RedeemedInvite {
  /** The new member. */
  member: TenantMember;
  /** The member's API key. Shown this once. */
  apiKey: string;
}
