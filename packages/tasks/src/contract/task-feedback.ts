import type { FeedbackId, JsonValue, TaskId, Timestamp } from '@runctl/core';

/** A person's judgement of a task's result. */
export interface TaskFeedback {
  /** Its id. */
  id: FeedbackId;
  /** The task. */
  taskId: TaskId;
  /** `edited`: right after a correction. */
  verdict: 'approved' | 'rejected' | 'edited';
  /** Why, or null. */
  comment: string | null;
  /** What the result should have been; null where nothing was corrected. */
  correctedResult: JsonValue;
  /** When it was given. */
  createdAt: Timestamp;
}

/** A judgement to be recorded. */
export interface SubmitFeedbackInput {
  /** `edited`: right after a correction. */
  verdict: TaskFeedback['verdict'];
  /** Why. */
  comment?: string;
  /** What the result should have been. */
  correctedResult?: JsonValue;
}
