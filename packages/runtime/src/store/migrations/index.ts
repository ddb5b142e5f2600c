import { firstSlice } from './0001-first-slice.ts';
import { workers } from './0002-workers.ts';
import { waiting } from './0003-waiting.ts';
import { events } from './0004-events.ts';
import { service } from './0005-service.ts';
import { accounts } from './0006-accounts.ts';
import { workflows } from './0007-workflows.ts';
import { teams } from './0008-teams.ts';
import { outbox } from './0009-outbox.ts';
import { fractionsOfSeconds } from './0010-fractions-of-seconds.ts';
import { actionsDue } from './0011-actions-due.ts';
import { workflowDecisions } from './0013-workflow-decisions.ts';
import { heldTasks } from './0014-held-tasks.ts';
import { contentsByDay } from './0015-contents-by-day.ts';
import { treeCalls } from './0016-tree-calls.ts';
import { finishedHours } from './0018-finished-hours.ts';
import { workerSlots } from './0019-worker-slots.ts';

/** One forward step of the schema. A migration that has been released is never edited. */
export interface Migration {
  /** Number and title: the order in which they run. */
  readonly name: string;
  /** Statements that both homes understand. */
  readonly sql: string;
  /** Run behind them on SQLite. */
  readonly sqlite?: string;
  /** Run behind them on Postgres. */
  readonly postgres?: string;
}

/** All migrations, oldest first. */
export const migrations: readonly Migration[] = [
  firstSlice,
  workers,
  waiting,
  events,
  service,
  accounts,
  workflows,
  teams,
  outbox,
  fractionsOfSeconds,
  actionsDue,
  workflowDecisions,
  heldTasks,
  contentsByDay,
  treeCalls,
  finishedHours,
  workerSlots,
];
