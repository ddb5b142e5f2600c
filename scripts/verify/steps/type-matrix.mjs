import { join } from 'node:path';
import { StepFailure } from '../../process/step-failure.mjs';
import { checkTypes } from '../../types-matrix/check-types.mjs';
import { complaintsOf } from '../../types-matrix/print-matrix.mjs';

/** The ends of the range, where types break; `npm run types` has all of it. */
const lines = ['5.0', '7.0'];

export const typeMatrix = {
  name: 'types',
  does: 'the packed types under the oldest compiler and the newest, with four settings each',
  needs: ['install-tarballs'],
  async run({ folder, results }) {
    const checked = await checkTypes(results.get('install-tarballs'), join(folder, 'compilers'), lines);
    const complaints = complaintsOf(checked);
    if (complaints.length > 0) throw new StepFailure('Types do not compile for their users.', complaints.join('\n'));
    return { passed: checked.length, note: `TypeScript ${lines.join(' and ')}, ${checked.length} programs` };
  },
};
