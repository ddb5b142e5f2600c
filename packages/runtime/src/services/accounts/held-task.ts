import { sql } from 'kysely';

/** That a task waits for its tenant's spend limit, in the words of the index tasks_held. */
export const isHeldTask = sql<boolean>`tasks.status = 'waiting' AND tasks.waiting_for = '{"kind":"budget","limit":"spend"}'`;
