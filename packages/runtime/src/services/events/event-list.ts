import type { ListQuery, PaginatedResponse } from '@runctl/core';
import { countRows } from '../count-rows.ts';
import { invalid } from '../failure.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { eventId, placeIn } from './event-id.ts';
import type { EventSubject, WireEvent } from './event-subject.ts';

const defaultLimit = 20;

/** Which events of a thing. */
export type EventListQuery = ListQuery & { type?: string | string[] };

/** One page of what has happened to a thing, oldest first. @throws {Failure} `task.not_found` and the like */
export async function listEvents<Event extends WireEvent>(
  subject: EventSubject<Event>,
  scope: TenantScope,
  subjectId: string,
  query: EventListQuery,
): Promise<PaginatedResponse<Event>> {
  if (query.cursor !== undefined && query.page !== undefined) {
    throw invalid([{ path: 'page', code: 'conflict', message: 'Expected page or cursor, not both.' }]);
  }
  await subject.find(scope, subjectId);
  const limit = query.limit ?? defaultLimit;
  const page = query.cursor === undefined ? (query.page ?? 1) : null;
  const rows = await eventsOf(scope, subjectId, query)
    .selectAll()
    .where('seq', '>', query.cursor === undefined ? 0 : decodeCursor(subjectId, query.cursor))
    .orderBy('seq')
    // One row more than asked for tells whether another page follows.
    .limit(limit + 1)
    .offset(page === null ? 0 : (page - 1) * limit)
    .execute();
  const hasMore = rows.length > limit;
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const total = page === null ? null : await countEvents(scope, subjectId, query);
  return {
    data: await subject.compose(scope, subjectId, shown),
    pagination: { page, limit, total, totalPages: total === null ? null : Math.ceil(total / limit), hasMore },
    nextCursor: hasMore && last !== undefined ? encodeCursor(subjectId, last.seq) : null,
  };
}

/** By the primary key of the events. */
function eventsOf(scope: TenantScope, subjectId: string, { type }: EventListQuery) {
  const events = scope.events().where('subject_id', '=', subjectId);
  return type === undefined ? events : events.where('type', 'in', [type].flat());
}

async function countEvents(scope: TenantScope, subjectId: string, query: EventListQuery): Promise<number> {
  return countRows(eventsOf(scope, subjectId, query));
}

function encodeCursor(subjectId: string, seq: number): string {
  return Buffer.from(eventId(subjectId, seq), 'latin1').toString('base64url');
}

/** @throws {Failure} `request.cursor_invalid` */
function decodeCursor(subjectId: string, cursor: string): number {
  const place = placeIn(subjectId, Buffer.from(cursor, 'base64url').toString('latin1'));
  if (place?.isOfSubject === true) return place.seq;
  throw invalid(
    [{ path: 'cursor', code: 'invalid', message: 'Expected the nextCursor of an earlier page, as it was.' }],
    'request.cursor_invalid',
  );
}
