import { sql } from 'kysely';
import type { Query } from '../store/store.ts';

/** Rejects where the database does not answer. */
export async function checkStore(query: Query): Promise<void> {
  await sql`SELECT 1`.execute(query);
}
