import { expect, it } from 'vitest';
import { withTables } from './table-in-document.test-rig.ts';
import { stepErrorCodes, taskErrorCodes } from './task-error-codes.ts';

it('the guide has every code of tasks and steps, and what to do about it', async () => {
  // That no other code is given holds the compiler: whatever fails a task or a step takes a TaskErrorCode.
  const head = ['code', 'when', 'what to do'];
  const rowsOf = (codes: typeof taskErrorCodes | typeof stepErrorCodes) =>
    Object.entries(codes).map(([code, { when, advice }]) => [`\`${code}\``, when, advice]);
  const guide = withTables('tasks.md', [
    { name: 'task-errors', head, rows: rowsOf(taskErrorCodes) },
    { name: 'step-errors', head, rows: rowsOf(stepErrorCodes) },
  ]);
  await expect(guide.text).toMatchFileSnapshot(guide.file);
});
