import type { Authentication } from '../authentication.ts';
import { Failure } from '../failure.ts';
import type { EventReader } from './event-reader.ts';

/** Open streams of one tenant in one process: each costs a socket. */
const mostReaders = 2_000;
/** How often the keys of open streams are looked at again, milliseconds: one that is revoked ends them within a second. */
const lookEveryMs = 750;

/** Who reads, as far as it matters here. */
export interface ReaderOwner {
  tenantId: string;
  apiKeyId: string;
}

/** The streams that are open in this process, so that they can be ended from outside. */
export class OpenReaders {
  readonly #authentication: Pick<Authentication, 'goodKeyIds'>;
  readonly #owners = new Map<EventReader, ReaderOwner>();
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(authentication: Pick<Authentication, 'goodKeyIds'>) {
    this.#authentication = authentication;
  }

  /** Open streams. */
  get size(): number {
    return this.#owners.size;
  }

  /** @throws {Failure} `rate_limit.exceeded`, `runtime.stopping` */
  checkRoom({ tenantId }: ReaderOwner): void {
    if (this.#isStopping)
      throw new Failure('runtime.stopping', 'The runtime is about to stop.', { retryAfterSeconds: 1 });
    if ((this.#counts.get(tenantId) ?? 0) < mostReaders) return;
    const message = `This tenant has ${mostReaders} event streams open here, which is the most.`;
    throw new Failure('rate_limit.exceeded', message, {
      retryAfterSeconds: 10,
      hint: 'Close streams that you do not read.',
    });
  }

  /** Notes a stream; returns the way to strike it off. */
  add(reader: EventReader, owner: ReaderOwner): () => void {
    this.#owners.set(reader, owner);
    this.#count(owner, 1);
    this.#timer ??= setInterval(() => void this.#cutRevoked(), lookEveryMs).unref();
    if (this.#isStopping) reader.cut('stopping');
    return () => {
      if (this.#owners.delete(reader)) this.#count(owner, -1);
      if (this.#owners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Cuts every stream, and each that comes from now on: the process is about to end. */
  stop(): void {
    this.#isStopping = true;
    for (const reader of this.#owners.keys()) reader.cut('stopping');
  }

  #count({ tenantId }: ReaderOwner, change: number): void {
    const count = (this.#counts.get(tenantId) ?? 0) + change;
    if (count === 0) this.#counts.delete(tenantId);
    else this.#counts.set(tenantId, count);
  }

  async #cutRevoked(): Promise<void> {
    const keyIds = [...new Set([...this.#owners.values()].map(({ apiKeyId }) => apiKeyId))];
    if (keyIds.length === 0) return;
    // A database that does not answer says nothing of keys; the next look will.
    const good = await this.#authentication.goodKeyIds(keyIds).catch(() => undefined);
    if (good === undefined) return;
    const looked = new Set(keyIds);
    for (const [reader, { apiKeyId }] of this.#owners) {
      if (looked.has(apiKeyId) && !good.has(apiKeyId)) reader.cut('revoked');
    }
  }
}
