import type { JsonObject, JsonSchema, Labels } from '@runctl/core';
import * as z from 'zod';
import { wire } from './wire.ts';

// The limits of fields, in one place; the reference lists them.

/** Characters of a name. */
export const longestName = 200;
/** Characters of a description, a reason, a comment. */
export const longestNote = 4_000;
/** Characters of a system prompt. */
export const longestPrompt = 100_000;
/** Characters of metadata, as JSON. */
export const largestMetadata = 16_384;
/** Labels of a resource. */
export const mostLabels = 32;

/** Text that must say something. */
export function text(longest: number) {
  return z.string().min(1).max(longest);
}

/** An id that is named in a request. Whether it exists is for the service to say. */
export const idText = z.string().min(1).max(256);

/** An instant. */
export const timestamp = z.iso.datetime({
  offset: true,
  message: 'Invalid input: expected an RFC 3339 instant, such as 2026-11-20T08:30:00.000Z',
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Any JSON object, kept as it is; `largest`: characters as JSON. */
export function jsonObject(largest: number) {
  return z
    .custom<JsonObject>(isObject, { message: 'Invalid input: expected an object' })
    .refine((value) => JSON.stringify(value).length <= largest, {
      message: `Too big: expected at most ${largest} characters as JSON`,
    })
    .meta({ type: 'object' });
}

/** A JSON Schema, kept as it is. */
export const jsonSchema = z
  .custom<JsonSchema>(isObject, { message: 'Invalid input: expected a JSON Schema, which is an object' })
  .refine((value) => JSON.stringify(value).length <= 65_536, {
    message: 'Too big: expected a JSON Schema of at most 65536 characters',
  })
  .meta({ type: 'object' });

/** Your own data. */
export const metadata = jsonObject(largestMetadata);

const labelKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, {
  message: 'Invalid label: expected 1 to 63 letters, digits, dots, slashes, hyphens or underscores',
});

/** A record passes over this name in silence, so it is refused before. */
const isLabels = (value: unknown): boolean => isObject(value) && !Object.hasOwn(value as object, '__proto__');

/** Labels, by which lists can be filtered. */
export const labels = wire<Labels>()(
  z
    .custom<Labels>(isLabels, { message: 'Invalid labels: expected an object of texts, none named __proto__' })
    .meta({ type: 'object', additionalProperties: { type: 'string', maxLength: 255 }, maxProperties: mostLabels })
    .pipe(z.record(labelKey, z.string().max(255)))
    .refine((value) => Object.keys(value).length <= mostLabels, {
      message: `Too big: expected at most ${mostLabels} labels`,
    }),
);
