import { expect, test } from 'vitest';
import { missingNames, samplesIn } from './read-samples.mjs';

const fence = '```';

test('a sample knows its heading and the line it starts on', () => {
  const text = `# Guide\n\n## Wait\n\n${fence}ts run\nawait x;\n${fence}\n\n${fence}bash\n# no heading\nnpm test\n${fence}\n${fence}ts ignore\n?\n${fence}\n`;

  expect(samplesIn('guide.md', text)).toEqual([
    { document: 'guide.md', title: 'Wait', line: 6, runs: true, code: 'await x;' },
  ]);
});

test('names that a sample takes for granted are found, those it declares are not given twice', () => {
  expect(missingNames('const task = await client.tasks.getById(taskId);')).toEqual(['client', 'taskId']);
  expect(missingNames('const { client, id: taskId } = setup(); client.x(taskId);')).toEqual([]);
  expect(missingNames(`import { client } from './client.ts'; client.x();`)).toEqual([]);
});
