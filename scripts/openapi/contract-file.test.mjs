import { expect, test } from 'vitest';
import { root } from '../workspace/root.mjs';
import { isContractFileTrue } from './contract-file.mjs';

test('the description of the API says what the types of the contract say; `pnpm openapi` writes it anew', () => {
  expect(isContractFileTrue(root)).toBe(true);
});
