import type { EventId } from '@runctl/core';
import type { EventRow } from '../../store/event-row.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** An event as it travels. */
export interface WireEvent {
  id: EventId;
  type: string;
}

/** A kind of thing that has events: how its rows become what travels. */
export interface EventSubject<Event extends WireEvent = WireEvent> {
  /** Rejects where the tenant has no such thing. @throws {Failure} `task.not_found` and the like */
  find(scope: TenantScope, subjectId: string): Promise<void>;
  /** The events of stored rows, in their order. */
  compose(scope: TenantScope, subjectId: string, rows: readonly EventRow[]): Promise<Event[]>;
  /** Whether nothing can come after an event. */
  isLast(row: EventRow): boolean;
}
