import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInstallCurrent } from '../../bootstrap/install-stamp.mjs';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';

/** The bootstrap has installed by now; this says so, or says what to run where verify was started without it. */
export const install = {
  name: 'install',
  does: 'node_modules holds what the lockfile says',
  run() {
    if (isInstallCurrent()) return { note: 'from the lockfile' };
    if (!existsSync(join(root, 'node_modules/.modules.yaml'))) {
      throw new StepFailure('There is no node_modules. Run `npm test`, which installs first.');
    }
    return { warning: 'node_modules was not installed by the bootstrap from this lockfile; `npm test` does that.' };
  },
};
