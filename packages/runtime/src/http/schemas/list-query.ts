import type { ListQuery } from '@runctl/core';
import * as z from 'zod';
import { wireQuery } from './wire.ts';

/** Seconds of a long poll. */
const longestWaitSeconds = 60;

/** A whole number in a query, where everything is text. */
export function queryInteger(from: number, to: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, { message: `Invalid input: expected a whole number from ${from} to ${to}` })
    .transform(Number)
    .pipe(z.int().min(from).max(to));
}

/** A filter that may be given several times. */
export function queryList<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item).min(1).max(32));
}

/** Which page of a list. */
export const pageFields = {
  limit: queryInteger(1, 100).exactOptional(),
  page: queryInteger(1, 1_000_000).exactOptional(),
  cursor: z.string().min(1).max(200).exactOptional(),
};

/** A list without filters. */
export const listQuery = wireQuery<ListQuery>()(z.strictObject(pageFields));

const wait = queryInteger(0, longestWaitSeconds).exactOptional();

/** How long an answer is held for what was begun to end. */
export const holdQuery = wireQuery<{ wait?: number }>()(z.strictObject({ wait }));

/** How a read waits for news. */
export const waitQuery = wireQuery<{ wait?: number; version?: number }>()(
  z.strictObject({
    wait,
    version: queryInteger(0, Number.MAX_SAFE_INTEGER).exactOptional(),
  }),
);
