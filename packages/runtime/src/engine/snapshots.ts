import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import type { Approvals, LoopState } from '../loops/loop.ts';
import type { ContentRow, TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';

// A snapshot is small: messages are immutable and stored once by hash, a snapshot lists hashes. What a task never
// changes (its prompts, its model) stands with the task, not with each step.

/** The part of a state that stays the same over a task. */
export type StateBase = Pick<LoopState, 'prompt' | 'systemPrompt' | 'modelProvider' | 'model'>;

/** The part that changes from step to step, as stored. */
export interface EncodedEntry {
  /** Hashes of the messages, in order. */
  messages: string[];
  /** Hash of the memory; null where it is empty. */
  memory: string | null;
  loop: JsonValue;
  /** Absent where there are none. */
  approvals?: Approvals;
}

/** A whole state as stored with a fork. */
export interface EncodedState extends EncodedEntry {
  base: StateBase;
}

/** What a state comes to when it is written: the entry, and the pieces that it names. */
export interface EncodedSnapshot {
  entry: EncodedEntry;
  contents: ContentRow[];
}

/** Hashes are 128 bits of SHA-256: within one tenant a collision is not to be met. */
function hashOf(body: string): string {
  return hash('sha256', body, 'base64url').slice(0, 22);
}

/**
 * Encodes states of one tenant. It remembers what it has encoded, so a long run hashes each message once and writes
 * each piece once.
 */
export class SnapshotEncoder {
  readonly #tenantId: string;
  readonly #hashes = new WeakMap<object, string>();
  readonly #written = new Set<string>();

  constructor(tenantId: string) {
    this.#tenantId = tenantId;
  }

  /** Encodes the changing part of a state; `contents` holds only what this encoder has not given out yet. */
  encode(state: LoopState): EncodedSnapshot {
    const contents: ContentRow[] = [];
    const messages = state.messages.map((message) => this.#put(message, contents));
    const memory = Object.keys(state.memory).length === 0 ? null : this.#put(state.memory, contents);
    const entry = { messages, memory, loop: state.loop };
    const isDecided = Object.keys(state.approvals).length > 0;
    return { entry: isDecided ? { ...entry, approvals: state.approvals } : entry, contents };
  }

  #put(value: object, contents: ContentRow[]): string {
    const known = this.#hashes.get(value);
    if (known !== undefined && this.#written.has(known)) return known;
    const body = JSON.stringify(value);
    const hash = hashOf(body);
    this.#hashes.set(value, hash);
    if (!this.#written.has(hash)) {
      this.#written.add(hash);
      contents.push({ tenant_id: this.#tenantId, hash, body });
    }
    return hash;
  }
}

/** Reads the pieces that several entries name, each once. */
export async function readContents(
  query: Query,
  tenantId: string,
  hashes: Iterable<string>,
): Promise<Map<string, string>> {
  const wanted = [...new Set(hashes)];
  const bodies = new Map<string, string>();
  for (let start = 0; start < wanted.length; start += 500) {
    const rows = await query
      .selectFrom('contents')
      .select(['hash', 'body'])
      .where('tenant_id', '=', tenantId)
      .where('hash', 'in', wanted.slice(start, start + 500))
      .execute();
    for (const { hash, body } of rows) bodies.set(hash, body);
  }
  return bodies;
}

/**
 * The hash of the last message of a stored entry, undefined where it has none. A long trace has long entries, so this
 * looks at the text alone: hashes hold no quotes, and the messages stand first.
 */
export function lastMessageHash(entry: string): string | undefined {
  const end = entry.indexOf('"]');
  const start = entry.lastIndexOf('"', end - 1) + 1;
  return entry.startsWith('{"messages":["') ? entry.slice(start, end) : undefined;
}

/** Puts a state together again from its base and its entry. */
export async function decodeState(
  query: Query,
  tenantId: string,
  base: StateBase,
  entry: EncodedEntry,
): Promise<LoopState> {
  const hashes = entry.memory === null ? entry.messages : [...entry.messages, entry.memory];
  const bodies = await readContents(query, tenantId, hashes);
  const read = <Value>(hash: string): Value => {
    const body = bodies.get(hash);
    if (body === undefined) throw new SnapshotError(`The snapshot names the content ${hash}, which is not stored.`);
    return JSON.parse(body) as Value;
  };
  return {
    ...base,
    messages: entry.messages.map((hash) => read<TraceMessage>(hash)),
    memory: entry.memory === null ? {} : read<JsonObject>(entry.memory),
    approvals: entry.approvals ?? {},
    loop: entry.loop,
  };
}

/** The state that a fork starts from; undefined for a task that is no fork. */
export function forkStart(task: Pick<TaskRow, 'start_state'>): EncodedState | undefined {
  return task.start_state === null ? undefined : (JSON.parse(task.start_state) as EncodedState);
}

/** A stored snapshot cannot be read. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}
