import type { JsonSchema, JsonValue } from '@runctl/core';
import { findMisfits } from '../schema/json-schema.ts';

/** An answer that fits its schema, or why it does not. */
export type StructuredAnswer = { ok: true; value: JsonValue } | { ok: false; problem: string };

/** Reads a model's answer as JSON, inside a code fence or not, and checks it. */
export function readStructuredAnswer(text: string, schema: JsonSchema): StructuredAnswer {
  const fenced = /^```(?:json)?\n([\s\S]*)\n```$/.exec(text.trim());
  let value: JsonValue;
  try {
    value = JSON.parse(fenced?.[1] ?? text);
  } catch (error) {
    return { ok: false, problem: `It is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const misfits = findMisfits(value, schema);
  if (misfits.length === 0) return { ok: true, value };
  return { ok: false, problem: misfits.map(({ path, message }) => `${path || '(root)'}: ${message}`).join('\n') };
}
