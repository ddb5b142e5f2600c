import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { ApiKey, CreateApiKeyInput, CreatedApiKey } from '@runctl/tenants';
import { newApiKey } from './accounts/new-api-key.ts';
import { scopesOfRole } from './api-scope.ts';
import type { Principal } from './authentication.ts';
import { countRows } from './count-rows.ts';
import { Failure, notFound } from './failure.ts';
import { readPage } from './page.ts';
import { checkMayHandle } from './roles.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { toApiKey } from './wire/api-key.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/** The keys of a tenant. */
export class ApiKeyService {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Never more than its maker has, neither in role nor in scopes.
   *
   * @throws {Failure} `authorization.role_too_low`, `authorization.scope_missing`
   */
  async create(scope: TenantWriteScope, maker: Principal, input: CreateApiKeyInput): Promise<CreatedApiKey> {
    const { role = 'member' } = input;
    checkMayHandle(maker.role, role);
    const allowed = (scopesOfRole[role] ?? []).filter((each) => maker.scopes.includes(each));
    const scopes = input.scopes ?? allowed;
    const beyond = scopes.find((each) => !allowed.includes(each));
    if (beyond !== undefined) {
      const ofRole = scopesOfRole[role] ?? [];
      const why = ofRole.includes(beyond)
        ? `The key that asks does not have the scope ${beyond} itself, so that it cannot give it.`
        : `The role ${role} cannot have the scope ${beyond}; it can have ${ofRole.join(', ')}.`;
      throw new Failure('authorization.scope_missing', why, { requiredScope: beyond });
    }
    const now = this.#now();
    const { key, row } = newApiKey(
      {
        name: input.name,
        role,
        scopes,
        ...(input.expiresInDays === undefined ? {} : { expiresAt: now + input.expiresInDays * dayMs }),
        // What a person makes is the person's: it goes with the member.
        ...(maker.userId === null ? {} : { userId: maker.userId }),
      },
      now,
    );
    await scope.account().insertApiKey(row);
    return { ...toApiKey(row), key };
  }

  /** Newest first, revoked ones too. */
  list(scope: TenantScope, query: ListQuery): Promise<PaginatedResponse<ApiKey>> {
    const all = () => scope.account().apiKeys();
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const keys = before === undefined ? all() : all().where('id', '<', before);
          return keys.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: () => countRows(all()),
      },
      toApiKey,
    );
  }

  /**
   * Of no use from then on, everywhere within a second. One that is revoked already stays as it is.
   *
   * @throws {Failure} `api_key.not_found`, `authorization.role_too_low`
   */
  async revoke(scope: TenantWriteScope, actor: Principal, keyId: string): Promise<ApiKey> {
    const row = await scope.account().apiKeys().selectAll().where('id', '=', keyId).executeTakeFirst();
    if (row === undefined) throw notFound('api_key', keyId);
    checkMayHandle(actor.role, row.role);
    if (row.revoked_at !== null) return toApiKey(row);
    const now = this.#now();
    await scope.account().updateApiKeys().set({ revoked_at: now }).where('id', '=', keyId).execute();
    return toApiKey({ ...row, revoked_at: now });
  }
}
