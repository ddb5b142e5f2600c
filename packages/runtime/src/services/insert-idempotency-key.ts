import { prepared } from '../store/prepared.ts';
import type { IdempotencyKeyRow } from '../store/schema.ts';

/** Adds the record of a request, which changes no row where the key is taken. */
export const insertIdempotencyKey = prepared((query, row: IdempotencyKeyRow) =>
  query
    .insertInto('idempotency_keys')
    .values({
      tenant_id: row.tenant_id,
      route: row.route,
      idempotency_key: row.idempotency_key,
      request_hash: row.request_hash,
      status: row.status,
      body: row.body,
      created_at: row.created_at,
    })
    .onConflict((conflict) => conflict.doNothing()),
);
