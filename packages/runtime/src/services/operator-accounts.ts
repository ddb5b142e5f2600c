import type {
  ApiKey,
  CreateApiKeyInput,
  CreatedApiKey,
  CreatedTenant,
  CreateTenantInput,
  Tenant,
  TenantLimits,
} from '@runctl/tenants';
import type { Query, Store, WriteTransaction } from '../store/store.ts';
import { allTenants } from './accounts/above-tenants.ts';
import { AccountScope } from './accounts/account-scope.ts';
import { insertNewTenant } from './accounts/insert-new-tenant.ts';
import { newSigningSecret } from './accounts/new-tenant.ts';
import { ApiKeyService } from './api-keys.ts';
import { AuditLog } from './audit-log.ts';
import { operator } from './authentication.ts';
import { Failure } from './failure.ts';
import { TenantWriteScope } from './tenant-scope.ts';
import { readTenant, setTenantLimits } from './tenants.ts';
import { toApiKey } from './wire/api-key.ts';
import { toTenant } from './wire/tenant.ts';

/** Where the data is; a whole store is not needed. */
type Home = Pick<Store, 'query' | 'write'>;

/**
 * Tenants and their keys in the hands of the operator, at the data itself and without the API. Each change is an entry
 * of the tenant's audit log, by `operator`; runtimes on the same data follow within a second.
 */
export class OperatorAccounts {
  readonly #home: Home;
  readonly #now: () => number;
  readonly #keys: ApiKeyService;
  readonly #auditLog: AuditLog;

  constructor(home: Home, now: () => number = Date.now) {
    this.#home = home;
    this.#now = now;
    this.#keys = new ApiKeyService(now);
    this.#auditLog = new AuditLog(now);
  }

  /** All of them, newest first. */
  async listTenants(): Promise<Tenant[]> {
    return (await allTenants(this.#home.query).selectAll().orderBy('id', 'desc').execute()).map(toTenant);
  }

  /**
   * The tenant that is meant where none is named: the only one.
   *
   * @throws {Failure} `tenant.not_found` - there is none; `request.invalid` - there are several
   */
  async onlyTenantId(): Promise<string> {
    const [first, ...others] = await allTenants(this.#home.query).select('id').orderBy('id').limit(2).execute();
    if (first === undefined) {
      throw new Failure('tenant.not_found', 'There is no tenant yet. Make one with runctl tenants create.');
    }
    if (others.length === 0) return first.id;
    throw new Failure(
      'request.invalid',
      'There are several tenants. Name one with --tenant; runctl tenants list has them.',
    );
  }

  /** False before the first is made, and after the last is deleted. */
  async hasTenant(): Promise<boolean> {
    return (await allTenants(this.#home.query).select('id').limit(1).executeTakeFirst()) !== undefined;
  }

  /** @throws {Failure} `tenant.not_found` */
  async tenant(tenantId: string): Promise<Tenant> {
    return toTenant(await readTenant(this.#read(tenantId)));
  }

  /** With its first owner and the owner's key, which is shown this once. */
  createTenant(input: CreateTenantInput): Promise<CreatedTenant> {
    return this.#home.write(async (transaction) => {
      const created = await insertNewTenant(transaction.query, input, this.#now());
      const entry = { tenantId: created.id, action: 'tenant.create', target: created.id };
      await this.#auditLog.add(new TenantWriteScope(created.id, transaction), operator, entry);
      return created;
    });
  }

  /** A limit that is left out stays. @throws {Failure} `tenant.not_found` */
  setLimits(tenantId: string, change: Partial<TenantLimits>): Promise<Tenant> {
    return this.#change(tenantId, 'tenant.set_limits', (_scope, query) =>
      setTenantLimits(query, tenantId, change, this.#now()),
    );
  }

  /** Suspended: reads work, nothing else does, and no task of it goes on. @throws {Failure} `tenant.not_found` */
  setStatus(tenantId: string, status: Tenant['status']): Promise<Tenant> {
    const action = status === 'suspended' ? 'tenant.suspend' : 'tenant.resume';
    return this.#change(tenantId, action, async (scope) => {
      const account = scope.account();
      await account.updateTenant().set({ status, updated_at: this.#now() }).execute();
      return toTenant(await readTenant(account));
    });
  }

  /** What signs the calls that the tenant's HTTP tools receive. @throws {Failure} `tenant.not_found` */
  async signingSecret(tenantId: string): Promise<string> {
    return (await readTenant(this.#read(tenantId))).signing_secret;
  }

  /** A new one, which signs every call from now on. @throws {Failure} `tenant.not_found` */
  rotateSigningSecret(tenantId: string): Promise<string> {
    return this.#change(tenantId, 'tenant.rotate_signing_secret', async (scope) => {
      const signing_secret = newSigningSecret();
      await scope.account().updateTenant().set({ signing_secret, updated_at: this.#now() }).execute();
      return signing_secret;
    });
  }

  /** Of a tenant, newest first, revoked ones too. @throws {Failure} `tenant.not_found` */
  async listKeys(tenantId: string): Promise<ApiKey[]> {
    const account = this.#read(tenantId);
    await readTenant(account);
    return (await account.apiKeys().selectAll().orderBy('id', 'desc').execute()).map(toApiKey);
  }

  /** Of any role. The key is shown this once. @throws {Failure} `tenant.not_found`, `authorization.scope_missing` */
  createKey(tenantId: string, input: CreateApiKeyInput): Promise<CreatedApiKey> {
    return this.#change(
      tenantId,
      'api_key.create',
      (scope) => this.#keys.create(scope, operator, input),
      ({ id }) => id,
    );
  }

  /** Of no use from then on. @throws {Failure} `tenant.not_found`, `api_key.not_found` */
  revokeKey(tenantId: string, keyId: string): Promise<ApiKey> {
    return this.#change(
      tenantId,
      'api_key.revoke',
      (scope) => this.#keys.revoke(scope, operator, keyId),
      () => keyId,
    );
  }

  /** That a tenant came back from a backup, in the transaction in which it does. */
  async noteRestore(transaction: WriteTransaction, tenantId: string): Promise<void> {
    const entry = { tenantId, action: 'tenant.restore', target: tenantId };
    await this.#auditLog.add(new TenantWriteScope(tenantId, transaction), operator, entry);
  }

  #read(tenantId: string): AccountScope {
    return new AccountScope(tenantId, this.#home.query);
  }

  #change<Result>(
    tenantId: string,
    action: string,
    work: (scope: TenantWriteScope, query: Query) => Promise<Result>,
    targetOf: (result: Result) => string = () => tenantId,
  ): Promise<Result> {
    return this.#home.write(async (transaction) => {
      const scope = new TenantWriteScope(tenantId, transaction);
      await readTenant(scope.account());
      const result = await work(scope, transaction.query);
      await this.#auditLog.add(scope, operator, { tenantId, action, target: targetOf(result) });
      return result;
    });
  }
}
