import type { JsonObject } from '@runctl/core';
import * as z from 'zod';
import type { RouteHandlers } from '../route.ts';
import { wire, wireQuery } from './wire.ts';

// What the compiler must refuse. Each expectation fails the type check where the line below it compiles.

interface Input {
  name: string;
  note?: string;
  kind: 'a' | 'b';
  data?: JsonObject;
  parts: { size: number; unit?: string }[];
}
const fields = {
  name: z.string(),
  note: z.string().exactOptional(),
  kind: z.enum(['a', 'b']),
  data: z.custom<JsonObject>().exactOptional(),
  parts: z.array(z.strictObject({ size: z.number(), unit: z.string().exactOptional() })),
};
const { note: _note, ...withoutNote } = fields;
const { name: _name, ...withoutName } = fields;

export const exact = wire<Input>()(z.strictObject(fields));
// @ts-expect-error a required member is missing
export const missing = wire<Input>()(z.strictObject(withoutName));
// @ts-expect-error an optional member is missing
export const missingOptional = wire<Input>()(z.strictObject(withoutNote));
// @ts-expect-error a member that the wire type has not
export const extra = wire<Input>()(z.strictObject({ ...fields, more: z.string() }));
// @ts-expect-error an optional member that the wire type has not
export const extraOptional = wire<Input>()(z.strictObject({ ...fields, more: z.string().exactOptional() }));
// @ts-expect-error a default makes an optional member required
export const defaulted = wire<Input>()(z.strictObject({ ...fields, note: z.string().default('') }));
// @ts-expect-error a required member is optional
export const loosened = wire<Input>()(z.strictObject({ ...fields, name: z.string().exactOptional() }));
// @ts-expect-error a value of the union is missing
export const narrowed = wire<Input>()(z.strictObject({ ...fields, kind: z.literal('a') }));
// @ts-expect-error a value that the union has not
export const widened = wire<Input>()(z.strictObject({ ...fields, kind: z.enum(['a', 'b', 'c']) }));
// @ts-expect-error an optional member of a member is missing
export const deep = wire<Input>()(z.strictObject({ ...fields, parts: z.array(z.strictObject({ size: z.number() })) }));

interface Query {
  status?: 'a' | 'b' | ('a' | 'b')[];
  limit?: number;
}
const status = z.array(z.enum(['a', 'b'])).exactOptional();
const limit = z.number().exactOptional();

export const listed = wireQuery<Query>()(z.strictObject({ status, limit }));
// @ts-expect-error a parameter is missing
export const missingParameter = wireQuery<Query>()(z.strictObject({ status }));
// @ts-expect-error a parameter that the contract has not
export const extraParameter = wireQuery<Query>()(z.strictObject({ status, limit, page: limit }));
// @ts-expect-error text where the contract has a number
export const otherParameter = wireQuery<Query>()(z.strictObject({ status, limit: z.string().exactOptional() }));
// @ts-expect-error a parameter that must be given
export const requiredParameter = wireQuery<Query>()(z.strictObject({ status, limit: z.number() }));

interface Routes {
  'POST /things/:thingId': { body: Input; result: { id: string } };
  'GET /things': { query?: Query; result: string[] };
}
const post = {
  kind: 'write' as const,
  scope: 'agents' as const,
  body: exact,
  handle: async () => ({ id: 'x' }),
};
const get = { kind: 'read' as const, scope: 'read' as const, query: listed, handle: async () => ['x'] };

export const all: RouteHandlers<Routes> = { 'POST /things/:thingId': post, 'GET /things': get };
// @ts-expect-error a route without an answer
export const unanswered: RouteHandlers<Routes> = { 'GET /things': get };
// @ts-expect-error a body that nothing checks
export const unchecked: RouteHandlers<Routes> = { ...all, 'POST /things/:thingId': { ...post, body: undefined } };
// @ts-expect-error another body than the contract's
export const otherBody: RouteHandlers<Routes> = { ...all, 'POST /things/:thingId': { ...post, body: listed } };
// @ts-expect-error another answer than the contract's
export const otherAnswer: RouteHandlers<Routes> = { ...all, 'GET /things': { ...get, handle: async () => [1] } };
// @ts-expect-error a route without the scope that it needs
export const unscoped: RouteHandlers<Routes> = { ...all, 'GET /things': { ...get, scope: undefined } };
