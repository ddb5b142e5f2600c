import type { Query, Store } from '../store/store.ts';
import { isOverdue } from '../store-outage.ts';
import { Failure, shown } from './failure.ts';
import { sealedRecord } from './sealed-record.ts';
import { type ScopeReach, TenantScope, TenantWriteScope, tenantStatement } from './tenant-scope.ts';

/** Which request a key stands for. */
export interface KeyedRequest {
  /** The caller's text, 1 to 255 characters. */
  key: string;
  /** Method and path: a key is good for one route and its parameters. */
  route: string;
  /** Hash of all that makes the request what it is. */
  requestHash: string;
  /** Of an answer that holds a secret: what the caller showed to get in. The record is of no use without it. */
  credential?: string;
}

/** An answer as it is recorded: its status and the text of its body. */
export interface RecordedAnswer {
  status: number;
  body: string;
}

/** By primary key. */
const recordOfKey = tenantStatement((scope, { route, key }: { route: string; key: string }) =>
  scope
    .idempotencyKeys()
    .select(['request_hash', 'status', 'body', 'created_at'])
    .where('route', '=', route)
    .where('idempotency_key', '=', key),
);

/** How long an answer is replayed, milliseconds. */
const keptForMs = 24 * 60 * 60 * 1_000;
/** Records that are removed in one transaction. */
const mostAtOnce = 1_000;

/**
 * Writes whose answer is recorded in their own transaction. The primary key of the record decides between twins: one
 * executes, the others wait for its commit and replay its answer, as long as a statement may take. A write that fails undoes its record too, so a refused
 * request burns no key.
 */
export class IdempotentWrites {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws {Failure} `idempotency.key_reused`, `idempotency.in_progress`, and what `work` throws */
  async run(
    tenantId: string,
    request: KeyedRequest | undefined,
    work: (scope: TenantWriteScope) => Promise<RecordedAnswer>,
    reach: ScopeReach = 'own tenant',
  ): Promise<RecordedAnswer & { replayed: boolean }> {
    const door = reach === 'own tenant' ? this.#store.ofTenant(tenantId) : this.#store;
    const runOnce = () =>
      door.write(async (transaction) => {
        const scope = new TenantWriteScope(tenantId, transaction, reach);
        if (request === undefined) return { ...(await work(scope)), replayed: false };
        return this.#runKeyed(scope, request, work);
      });
    try {
      return await runOnce();
    } catch (error) {
      // A twin in another process committed first; its answer is there now.
      if (error instanceof KeyTaken) return this.run(tenantId, request, work, reach);
      // What a twin did meanwhile may be all that this one was refused for: it took the last unit, or made the next version.
      const isRefusal = request !== undefined && error instanceof Failure;
      if (isRefusal && (await isRecorded(new TenantScope(tenantId, door.query, reach), request))) return runOnce();
      throw error;
    }
  }

  async #runKeyed(
    scope: TenantWriteScope,
    request: KeyedRequest,
    work: (scope: TenantWriteScope) => Promise<RecordedAnswer>,
  ): Promise<RecordedAnswer & { replayed: boolean }> {
    const { route, requestHash } = request;
    const seal = request.credential === undefined ? undefined : sealedRecord(request.key, route, request.credential);
    const key = seal?.name ?? request.key;
    const recorded = await scope.first(recordOfKey, { route, key });
    if (recorded !== undefined && this.#now() - recorded.created_at < keptForMs) {
      const body = seal === undefined ? recorded.body : seal.open(recorded.body);
      if (recorded.request_hash !== requestHash || body === undefined) throw reused(request.key);
      return { status: recorded.status, body, replayed: true };
    }
    if (recorded !== undefined) {
      await scope.deleteIdempotencyKeys().where('route', '=', route).where('idempotency_key', '=', key).execute();
    }
    const answer = await work(scope);
    const body = seal === undefined ? answer.body : seal.close(answer.body);
    const row = { route, idempotency_key: key, request_hash: requestHash, created_at: this.#now(), ...answer, body };
    const isFirst = await scope.insertIdempotencyKey(row).catch((error: unknown) => {
      throw isOverdue(error) ? inProgress(request.key, error) : error;
    });
    if (!isFirst) throw new KeyTaken();
    return { ...answer, replayed: false };
  }
}

async function isRecorded(scope: TenantScope, { key, route, credential }: KeyedRequest): Promise<boolean> {
  const name = credential === undefined ? key : sealedRecord(key, route, credential).name;
  return (await scope.first(recordOfKey, { route, key: name })) !== undefined;
}

/** Removes records that are replayed no more, of all tenants, some at a time. Whether there may be more. By idempotency_keys_by_age. */
export async function removeOldKeys(query: Query, now: number): Promise<boolean> {
  const old = await query
    .selectFrom('idempotency_keys')
    .select('created_at')
    .where('created_at', '<', now - keptForMs)
    .orderBy('created_at')
    .limit(mostAtOnce)
    .execute();
  const last = old.at(-1);
  if (last === undefined) return false;
  await query.deleteFrom('idempotency_keys').where('created_at', '<=', last.created_at).execute();
  return old.length === mostAtOnce;
}

/** The record of a key was committed by a twin between our look and our write. */
class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

function inProgress(key: string, cause: unknown): Failure {
  const message = `Another request under the idempotency key ${shown(key)} is still being answered.`;
  return new Failure('idempotency.in_progress', message, { cause, retryAfterSeconds: 1 });
}

function reused(key: string): Failure {
  return new Failure('idempotency.key_reused', `The idempotency key ${shown(key)} was used for another request.`, {
    hint: 'Use a fresh key for each request, and the same key only to repeat one.',
  });
}
