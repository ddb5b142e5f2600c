import type { EventId, Timestamp } from '@runctl/core';

/** Who changed what. */
export interface AuditEntry {
  /** Its id; in the order of time. */
  id: EventId;
  /** Id of the person or the key. */
  actor: string;
  /** What was done, e.g. `agent.deploy`. */
  action: string;
  /** Id of what it was done to. */
  target: string;
  /** When. */
  createdAt: Timestamp;
}
