import type { Deleted, UserId } from '@runctl/core';
import type { TenantMember, UpdateMemberRoleInput } from '@runctl/tenants';
import type { MemberRow } from '../store/schema.ts';
import type { AccountWriteScope } from './accounts/account-scope.ts';
import type { Principal } from './authentication.ts';
import { Failure, notFound } from './failure.ts';
import { checkMayHandle } from './roles.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { toMember } from './wire/member.ts';

/** The people of a tenant. Changes take turns, so that two owners who leave at once do not both succeed. */
export class MemberService {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** In the order in which they joined. */
  async list(scope: TenantScope): Promise<TenantMember[]> {
    const rows = await scope.account().members().selectAll().orderBy('user_id').execute();
    return rows.map(toMember);
  }

  /** @throws {Failure} `member.not_found`, `authorization.role_too_low`, `member.last_owner` */
  async updateRole(
    scope: TenantWriteScope,
    actor: Principal,
    userId: string,
    { role }: UpdateMemberRoleInput,
  ): Promise<TenantMember> {
    const account = scope.account();
    await account.lock();
    const member = await findMember(account, userId);
    checkMayHandle(actor.role, member.role);
    checkMayHandle(actor.role, role);
    if (role !== 'owner') await checkOwnerStays(account, member);
    await account.updateMembers().set({ role }).where('user_id', '=', userId).execute();
    return toMember({ ...member, role });
  }

  /** The member's keys go too. @throws {Failure} as {@link updateRole} */
  async remove(scope: TenantWriteScope, actor: Principal, userId: string): Promise<Deleted<UserId>> {
    const account = scope.account();
    await account.lock();
    const member = await findMember(account, userId);
    checkMayHandle(actor.role, member.role);
    await checkOwnerStays(account, member);
    await account.deleteMembers().where('user_id', '=', userId).execute();
    await account
      .updateApiKeys()
      .set({ revoked_at: this.#now() })
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .execute();
    return { id: member.user_id as UserId, deleted: true };
  }
}

async function findMember(account: AccountWriteScope, userId: string): Promise<MemberRow> {
  const row = await account.members().selectAll().where('user_id', '=', userId).executeTakeFirst();
  if (row === undefined) throw notFound('member', userId);
  return row;
}

/** Only behind {@link AccountWriteScope.lock}: the count holds until the transaction ends. */
async function checkOwnerStays(account: AccountWriteScope, member: MemberRow): Promise<void> {
  if (member.role !== 'owner') return;
  const owners = await account.members().select('user_id').where('role', '=', 'owner').limit(2).execute();
  if (owners.length > 1) return;
  throw new Failure('member.last_owner', `${member.user_id} is the last owner of the tenant.`, {
    resource: 'member',
    resourceId: member.user_id,
    hint: 'Make someone else an owner first.',
  });
}
