import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { JsonObject, JsonValue } from '@runctl/sdk';
import { CommandFailure } from '../command-failure.ts';
import type { Session } from './session.ts';

/** What an argument says: itself, the standard input for `-`, the content of a file for `@file`. */
export async function given({ err }: Pick<Session, 'err'>, argument: string): Promise<string> {
  if (argument.startsWith('@')) return fileText(argument.slice(1));
  if (argument !== '-') return argument;
  if (process.stdin.isTTY) err.write('Reads the input from here; Ctrl+D ends it.\n');
  return text(process.stdin);
}

/** {@link given} as JSON. */
export async function givenJson(session: Pick<Session, 'err'>, argument: string, what: string): Promise<JsonValue> {
  return parsed(await given(session, argument), what);
}

/** {@link given} as a JSON object. */
export async function givenObject(session: Pick<Session, 'err'>, argument: string, what: string): Promise<JsonObject> {
  const value = await givenJson(session, argument, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new CommandFailure(`${what} must be a JSON object, such as '{"key": "value"}'.`);
}

/** Commander collects what is given several times. */
export function collected(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** `key=value` pairs as an object. */
export function pairs(texts: readonly string[], what: string): Record<string, string> {
  return Object.fromEntries(texts.map((each) => pair(each, what)));
}

/** `key=value`; the value may have further signs of equality. */
export function pair(text: string, what: string): [key: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CommandFailure(`${what} must be key=value, not ${JSON.stringify(text)}.`);
}

function parsed(source: string, what: string): JsonValue {
  try {
    return JSON.parse(source) as JsonValue;
  } catch (error) {
    throw new CommandFailure(`${what} must be JSON: ${(error as Error).message}`);
  }
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(
      `@ reads a file, and this one cannot be read: ${(error as Error).message}. Text that begins with @ goes in by -.`,
    );
  }
}
