import { hash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import type { Approvals, LoopState } from '../loops/loop.ts';
import type { ContentRow, TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';

// A snapshot is small: messages are immutable and stored once by hash, a snapshot lists hashes. What a task never
// changes (its prompts, its model) stands with the task, not with each step.
//
// A conversation only grows, so a list of all its messages at each step would grow with the square of its length. The
// hashes of earlier messages are stored as pages of a fixed length, which are contents themselves, each once; an entry
// names those pages, and the messages behind the last of them. No entry needs another one to be read.

/** The part of a state that stays the same over a task. */
export type StateBase = Pick<LoopState, 'prompt' | 'systemPrompt' | 'modelProvider' | 'model'>;

/** The part that changes from step to step, as stored. */
export interface EncodedEntry {
  /** Hashes of the last messages, in order. */
  messages: string[];
  /** Hashes of the pages that name those before them, in order. Absent where there are none. */
  pages?: string[];
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

/** Messages that a page names. */
const pageLength = 32;

const dayMs = 24 * 60 * 60 * 1_000;

/** The day under which contents are stored, counted from that of the epoch. */
export function dayOfContents(instant: number): number {
  return Math.floor(instant / dayMs);
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
  readonly #now: () => number;
  readonly #hashes = new WeakMap<object, string>();
  readonly #written = new Set<string>();

  constructor(tenantId: string, now: () => number) {
    this.#tenantId = tenantId;
    this.#now = now;
  }

  /** Encodes the changing part of a state; `contents` holds only what this encoder has not given out yet. */
  encode(state: LoopState): EncodedSnapshot {
    const contents: ContentRow[] = [];
    const hashes = state.messages.map((message) => this.#put(message, contents));
    const pages: string[] = [];
    // The last message stays in the entry: it is what a step that asks a model was asked.
    for (let at = 0; at + pageLength < hashes.length; at += pageLength) {
      pages.push(this.#putText(JSON.stringify(hashes.slice(at, at + pageLength)), contents));
    }
    const memory = Object.keys(state.memory).length === 0 ? null : this.#put(state.memory, contents);
    const isDecided = Object.keys(state.approvals).length > 0;
    const entry: EncodedEntry = {
      messages: hashes.slice(pages.length * pageLength),
      ...(pages.length === 0 ? {} : { pages }),
      memory,
      loop: state.loop,
      ...(isDecided ? { approvals: state.approvals } : {}),
    };
    return { entry, contents };
  }

  #put(value: object, contents: ContentRow[]): string {
    const known = this.#hashes.get(value);
    if (known !== undefined && this.#written.has(known)) return known;
    const hash = this.#putText(JSON.stringify(value), contents);
    this.#hashes.set(value, hash);
    return hash;
  }

  #putText(body: string, contents: ContentRow[]): string {
    const hash = hashOf(body);
    if (!this.#written.has(hash)) {
      this.#written.add(hash);
      contents.push({ tenant_id: this.#tenantId, hash, day: dayOfContents(this.#now()), body });
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
  const { pages = [], memory } = entry;
  const named = await readContents(query, tenantId, pages);
  const messages = [...pages.flatMap((page) => contentOf<string[]>(named, page)), ...entry.messages];
  const bodies = await readContents(query, tenantId, memory === null ? messages : [...messages, memory]);
  return {
    ...base,
    messages: messages.map((hash) => contentOf<TraceMessage>(bodies, hash)),
    memory: memory === null ? {} : contentOf<JsonObject>(bodies, memory),
    approvals: entry.approvals ?? {},
    loop: entry.loop,
  };
}

/** @throws {SnapshotError} It is not stored. */
function contentOf<Value>(bodies: ReadonlyMap<string, string>, hash: string): Value {
  const body = bodies.get(hash);
  if (body === undefined) throw new SnapshotError(`The snapshot names the content ${hash}, which is not stored.`);
  return JSON.parse(body) as Value;
}

/** The state that a fork starts from; undefined for a task that is no fork. */
export function forkStart(task: Pick<TaskRow, 'start_state'>): EncodedState | undefined {
  return task.start_state === null ? undefined : (JSON.parse(task.start_state) as EncodedState);
}

/** A stored snapshot cannot be read. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}
