import { expect, it } from 'vitest';
import { withTable } from './table-in-document.test-rig.ts';
import { stepErrorCodes, taskErrorCodes } from './task-error-codes.ts';

// That no other code is given holds the compiler: whatever fails a task or a step takes a TaskErrorCode.

const head = ['code', 'when', 'what to do'];

it.each([
  ['task-errors', taskErrorCodes],
  ['step-errors', stepErrorCodes],
])('the guide has every code of %s and what to do about it', async (name, codes) => {
  const rows = Object.entries(codes).map(([code, { when, advice }]) => [`\`${code}\``, when, advice]);
  const guide = withTable('tasks.md', name, head, rows);
  await expect(guide.text).toMatchFileSnapshot(guide.file);
});
