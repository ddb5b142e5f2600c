import type { Query } from '../store/store.ts';
import type { TenantWriteScope } from './tenant-scope.ts';

/** The runtime's own keys, the same in all its processes, each made when it is first used. */
export class ServerSecrets {
  readonly #query: Query;
  readonly #known = new Map<string, string>();

  constructor(query: Query) {
    this.#query = query;
  }

  /** A key that is there already; undefined where none has been made. By the primary key. */
  async find(name: string): Promise<string | undefined> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const secrets = this.#query.selectFrom('server_secrets').select('value');
    const row = await secrets.where('name', '=', name).executeTakeFirst();
    if (row !== undefined) this.#known.set(name, row.value);
    return row?.value;
  }

  /** The key, made within this transaction where there is none; it is remembered once it is found committed. */
  async take(scope: TenantWriteScope, name: string, fresh: () => string, now: number): Promise<string> {
    return this.#known.get(name) ?? (await scope.serverSecret(name, fresh, now));
  }
}
