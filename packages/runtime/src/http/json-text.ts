import type { ValidationIssue } from '@runctl/core';
import { Failure } from '../services/failure.ts';

/** Levels of arrays and objects. */
const deepest = 64;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/**
 * Counts the levels of a JSON text before anything parses it, so that no recursion ever meets a text made to exhaust it.
 *
 * @returns how many members its objects have
 * @throws {Failure} `request.malformed`
 */
export function checkJsonText(text: string): number {
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at += 1;
      else if (code === quote) inString = false;
    } else if (code === quote) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > deepest) throw new Failure('request.malformed', `The body is nested deeper than ${deepest} levels.`);
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    } else if (code === colon) {
      members += 1;
    }
  }
  return members;
}

/**
 * Refuses an object that names a member twice. JSON leaves open which of the two counts: what a proxy or a log has
 * looked at could be another value than the one that is taken.
 *
 * @param members of the text that the value was parsed from
 * @throws {Failure} `request.malformed`
 */
export function checkNoneTwice(value: unknown, members: number): void {
  if (countMembers(value) === members) return;
  throw new Failure('request.malformed', 'An object of the body names a member twice.', {
    hint: 'Send each member once.',
  });
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts = Object.values(value);
  let count = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) count += countMembers(part);
  return count;
}

/** Escapes of NUL and of surrogates, and numbers that may be beyond a double: where one stands, the value is walked. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])|\d[eE]\+?\d{3}|\d{300}/;
const loneSurrogate = /\p{Surrogate}/u;

/** What no database keeps as it is: NUL, half of a surrogate pair, a number beyond a double. The first, with its place. */
export function findUnstorable(text: string, value: unknown): ValidationIssue | undefined {
  return suspicious.test(text) ? search(value, '') : undefined;
}

function search(value: unknown, path: string): ValidationIssue | undefined {
  if (typeof value === 'string') return textIssue(value, path);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { path, code: 'number_too_large', message: 'Invalid input: expected a number that a double can hold' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const here = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const issue = textIssue(name, path) ?? search(member, here);
    if (issue !== undefined) return issue;
  }
  return undefined;
}

function textIssue(text: string, path: string): ValidationIssue | undefined {
  if (!text.includes('\0') && !loneSurrogate.test(text)) return undefined;
  return { path, code: 'text_invalid', message: 'Invalid text: expected no NUL and no half of a surrogate pair' };
}
