import type { ValidationIssue } from '@runctl/core';
import type { SnapshotOverrides } from '@runctl/tasks';
import { invalid } from '../failure.ts';

/** Characters of JSON that the overrides may have together; a body may have as many bytes. */
const mostCharacters = 1_048_576;

/** What the form of a request cannot say about overrides. @throws {Failure} `request.invalid`, `request.too_large` */
export function checkOverrides(overrides: SnapshotOverrides): void {
  const size = JSON.stringify(overrides).length;
  if (size > mostCharacters) {
    const message = `Expected overrides of at most ${mostCharacters} characters as JSON, got ${size}.`;
    throw invalid([{ path: '/snapshot', code: 'too_large', message }], 'request.too_large');
  }
  const issues = messageIssues(overrides.messages ?? [{ role: 'user', content: '' }]);
  if (issues.length > 0) throw invalid(issues);
}

function messageIssues(messages: NonNullable<SnapshotOverrides['messages']>): ValidationIssue[] {
  const path = '/snapshot/messages';
  if (messages.length === 0) return [{ path, code: 'too_small', message: 'Expected at least one message.' }];
  return messages.flatMap(({ role }, index) =>
    role === 'system'
      ? [{ path: `${path}/${index}/role`, code: 'invalid', message: 'Expected no system message: use systemPrompt.' }]
      : [],
  );
}
