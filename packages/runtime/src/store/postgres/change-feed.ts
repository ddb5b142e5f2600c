import type { TaskRow } from '../schema.ts';
import type { TaskChange } from '../store.ts';
import type { TaskChanges } from '../task-changes.ts';
import type { Runner } from './hot-statements.ts';

/** The channel on which processes tell each other of committed changes. */
export const changeChannel = 'runctl_changes';

/** Notifications are collected this long, in milliseconds: each costs every writer a lock at its commit. */
const collectMs = 5;
/** Characters a notification holds; Postgres takes less than 8 000 bytes. */
const largestPayload = 7_000;

/** As it travels: task, version, status. */
type WireChange = [string, number, TaskRow['status']];
interface Wire {
  from: string;
  wake: boolean;
  changes: WireChange[];
}

/**
 * Committed changes, told here at once and to the other processes a few milliseconds later. A notification may be lost
 * with its process; who waits for a change looks again by itself now and then.
 */
export class ChangeFeed {
  readonly #processId: string;
  readonly #local: TaskChanges;
  readonly #runner: () => Runner | undefined;
  #pending: WireChange[] = [];
  #wake = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(processId: string, local: TaskChanges, runner: () => Runner | undefined) {
    this.#processId = processId;
    this.#local = local;
    this.#runner = runner;
  }

  /** Tells of committed changes; `wake` asks other workers to look for work. */
  tell(changes: readonly TaskChange[], wake: boolean): void {
    this.#local.tell(changes);
    for (const { taskId, version, status } of changes) this.#pending.push([taskId, version, status]);
    this.#wake ||= wake;
    if (changes.length > 0 || wake) this.#timer ??= setTimeout(() => void this.#send(), collectMs);
  }

  /** Takes a notification in; true where work may be ready. */
  receive(payload: string): boolean {
    const { from, wake, changes } = JSON.parse(payload) as Wire;
    if (from === this.#processId) return false;
    this.#local.tell(changes.map(([taskId, version, status]) => ({ taskId, version, status })));
    return wake;
  }

  /** Sends what is pending. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#send();
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const changes = this.#pending;
    const wake = this.#wake;
    this.#pending = [];
    this.#wake = false;
    const runner = this.#runner();
    if (runner === undefined || (changes.length === 0 && !wake)) return;
    const payloads = split(changes).map((part) =>
      JSON.stringify({ from: this.#processId, wake, changes: part } satisfies Wire),
    );
    // Without a connection there is nobody to tell; the others' slow poll finds what they miss.
    await runner
      .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [changeChannel, payloads])
      .catch(() => undefined);
  }
}

function split(changes: WireChange[]): WireChange[][] {
  const parts: WireChange[][] = [[]];
  let size = 0;
  for (const change of changes) {
    const length = JSON.stringify(change).length + 1;
    if (size + length > largestPayload) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(change);
    size += length;
  }
  return parts;
}
