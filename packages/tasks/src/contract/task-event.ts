import type { EventId, TaskId, Timestamp } from '@runctl/core';
import type { Task, TaskWait } from './task.ts';
import type { TraceStep } from './trace.ts';

/** Something that happened to a task. `type` says what, and which `data` it carries. */
export type TaskEvent = {
  /** Its id; in the order of time. */
  id: EventId;
  /** The task. */
  taskId: TaskId;
  /** When it happened. */
  createdAt: Timestamp;
} & (
  | {
      type: 'task.status';
      /** The task after the change. */
      data: Task;
    }
  | {
      type: 'step.started' | 'step.completed' | 'step.failed';
      /** The step after the change. */
      data: TraceStep;
    }
  | {
      type: 'output.delta';
      /** Text that the model has written since the last delta of this step. */
      data: {
        /** The step, from 1. */
        step: number;
        /** The text. */
        text: string;
      };
    }
  | {
      type: 'action.requested';
      /** What the task waits for. */
      data: TaskWait;
    }
  | {
      type: 'log';
      /** A line of the task's log. */
      data: {
        /** How bad it is. */
        level: string;
        /** The text. */
        message: string;
      };
    }
);

/** Which events of a task. */
export interface TaskEventsQuery {
  /** One type, or any of several. Default all. */
  type?: TaskEvent['type'] | TaskEvent['type'][];
}
