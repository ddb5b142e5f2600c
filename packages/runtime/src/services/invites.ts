import { createHash, randomBytes } from 'node:crypto';
import type {
  CreateInviteCodeInput,
  InviteCode,
  RedeemedInvite,
  RedeemInviteCodeInput,
  TenantRole,
} from '@runctl/tenants';
import { useInvite } from './accounts/above-tenants.ts';
import { AccountWriteScope } from './accounts/account-scope.ts';
import { newApiKey } from './accounts/new-api-key.ts';
import type { AuditLog } from './audit-log.ts';
import { nobody, type Principal } from './authentication.ts';
import { Failure } from './failure.ts';
import { newId } from './ids.ts';
import { checkMayHandle } from './roles.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { toInvite, toMember } from './wire/member.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const defaultDays = 7;
/** Of a code: 192 bits, which nobody guesses. */
const codeBytes = 24;

/** Codes that let people join a tenant. */
export class InviteService {
  readonly #now: () => number;
  readonly #auditLog: AuditLog;

  constructor(now: () => number, auditLog: AuditLog) {
    this.#now = now;
    this.#auditLog = auditLog;
  }

  /** @throws {Failure} `authorization.role_too_low` */
  async create(scope: TenantWriteScope, maker: Principal, input: CreateInviteCodeInput): Promise<InviteCode> {
    checkMayHandle(maker.role, input.role);
    const now = this.#now();
    const code = randomBytes(codeBytes).toString('base64url');
    const row = {
      id: newId('inv', now),
      code,
      code_hash: hashCode(code),
      role: input.role,
      max_uses: input.maxUses ?? 1,
      uses: 0,
      created_at: now,
      expires_at: now + (input.expiresInDays ?? defaultDays) * dayMs,
      revoked_at: null,
    };
    await scope.account().insertInvite(row);
    return toInvite(row, now);
  }

  /** Newest first. */
  async list(scope: TenantScope): Promise<InviteCode[]> {
    const rows = await scope.account().invites().selectAll().orderBy('id', 'desc').execute();
    return rows.map((row) => toInvite(row, this.#now()));
  }

  /** Who has joined stays. @throws {Failure} `invite.not_found` */
  async revoke(scope: TenantWriteScope, code: string): Promise<InviteCode> {
    const now = this.#now();
    const account = scope.account();
    await account
      .updateInvites()
      .set({ revoked_at: now })
      .where('code_hash', '=', hashCode(code))
      .where('revoked_at', 'is', null)
      .execute();
    const row = await account.invites().selectAll().where('code_hash', '=', hashCode(code)).executeTakeFirst();
    if (row === undefined) throw noInvite();
    return toInvite(row, now);
  }

  /**
   * Makes the member and the member's key. The address is what the person says: nobody has proved it, so it is never
   * compared, and the answer tells of nobody else's.
   *
   * @throws {Failure} `invite.not_found`, the same whether the code is unknown, used up, revoked or too old
   */
  async redeem(scope: TenantWriteScope, code: string, input: RedeemInviteCodeInput): Promise<RedeemedInvite> {
    const now = this.#now();
    const invite = await useInvite(scope.aboveTenants(), hashCode(code), now).executeTakeFirst();
    if (invite === undefined) throw noInvite();
    const account = new AccountWriteScope(invite.tenant_id, scope.aboveTenants());
    const tenant = await account.tenant().select('status').executeTakeFirst();
    if (tenant?.status !== 'active') throw noInvite();
    const row = {
      user_id: newId('usr', now),
      email: input.email,
      name: input.name ?? null,
      role: invite.role,
      joined_at: now,
    };
    await account.insertMember(row);
    const wish = { name: input.name ?? input.email, role: invite.role as TenantRole, userId: row.user_id };
    const key = newApiKey(wish, now);
    await account.insertApiKey(key.row);
    const joined: Principal = { ...nobody, userId: row.user_id };
    const action = { tenantId: invite.tenant_id, action: 'invite.redeem', target: invite.id };
    await this.#auditLog.add(scope, joined, action);
    return { member: toMember(row), apiKey: key.key };
  }
}

function hashCode(code: string): string {
  return createHash('sha256').update(code).digest('hex');
}

/** Says nothing of the code, so that all its failures are one. */
function noInvite(): Failure {
  return new Failure('invite.not_found', 'There is no invite code like this one that can be redeemed.', {
    resource: 'invite',
    hint: 'Ask who invited you for another one.',
  });
}
