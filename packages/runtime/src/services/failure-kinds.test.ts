import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withTables } from '../task-errors/table-in-document.test-rig.ts';
import { type FailureCode, failureKind, failureKinds } from './failure-kinds.ts';

const sources = dirname(dirname(fileURLToPath(import.meta.url)));

it('every code of the API stands in the guide, with its status and what to do', async () => {
  const rows = (Object.keys(failureKinds) as FailureCode[]).map((code) => {
    const { status, title, hint, retryable = false } = failureKind(code);
    return [`\`${code}\``, `${status}${retryable ? ' ↻' : ''}`, title, hint];
  });
  const guide = withTables('errors.md', [{ name: 'codes', head: ['code', 'status', 'title', 'hint'], rows }]);
  await expect(guide.text).toMatchFileSnapshot(guide.file);
});

it('every code of the table is given somewhere', () => {
  const text = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test(-rig)?\.ts$|failure-kinds\.ts$/.test(file))
    .map((file) => readFileSync(join(sources, file), 'utf8'))
    .join('\n');
  const isGiven = (code: string) =>
    text.includes(`'${code}'`) || (code.endsWith('.not_found') && text.includes(`notFound('${code.split('.')[0]}'`));
  expect(Object.keys(failureKinds).filter((code) => !isGiven(code))).toEqual([]);
});
