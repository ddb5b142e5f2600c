import { expect, test } from 'vitest';
import { withIds } from './run-samples.mjs';

test('ids that documents make up become ids that exist; all else stays, an id that is meant to be unknown too', () => {
  const code = `create({ agentId: 'agt_researcher', name: 'agt 123' }); getById('agt_invalid'); cancel('wfl_123');`;

  expect(withIds(code)).toBe(
    `create({ agentId: researcherId, name: 'agt 123' }); getById('agt_invalid'); cancel(workflowId);`,
  );
});

test('an address that a page has hidden is one again', () => {
  expect(withIds(`emailRecipients: ['[email protected]'],`)).toBe(`emailRecipients: ['billing@example.com'],`);
});

test('what every object has is no id', () => {
  expect(withIds(`log('constructor');`)).toBe(`log('constructor');`);
});
