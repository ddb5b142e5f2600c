import type { TaskWait } from '@runctl/tasks';
import type { ToolCall } from '../models/model.ts';
import type { TaskRow } from '../store/schema.ts';

/** A step that cannot go on by itself. Its task is parked and its slot is free until somebody completes the step. */
export interface Wait {
  kind: 'approval' | 'input' | 'delegation';
  /** The call that waits. */
  call: ToolCall;
  waitingFor: TaskWait;
  /** Of a delegation: the task that is handed out. */
  child: TaskRow | null;
}
