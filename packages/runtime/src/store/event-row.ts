/** Something that happened to a task, an agent or a workflow. */
export interface EventRow {
  /** The id of what it happened to. */
  subject_id: string;
  /** From 1, without a gap, in the order in which it was committed. */
  seq: number;
  tenant_id: string;
  type: string;
  /** Of an event of a step: which one; its row says the rest. */
  step: number | null;
  /** JSON. */
  data: string | null;
  created_at: number;
}

/** An event before it has its place. */
export type NewEventRow = Omit<EventRow, 'seq'>;

/** A key of the runtime's own, the same for all its processes. */
export interface ServerSecretRow {
  name: string;
  /** Base64url. */
  value: string;
  created_at: number;
}
