import { build } from './steps/build.mjs';
import { changesets } from './steps/changesets.mjs';
import { demo } from './steps/demo.mjs';
import { documented } from './steps/documented.mjs';
import { examples } from './steps/examples.mjs';
import { exports } from './steps/exports.mjs';
import { install } from './steps/install.mjs';
import { installTarballs } from './steps/install-tarballs.mjs';
import { layout } from './steps/layout.mjs';
import { lint } from './steps/lint.mjs';
import { lockfile } from './steps/lockfile.mjs';
import { pack } from './steps/pack.mjs';
import { packages } from './steps/packages.mjs';
import { quickStart } from './steps/quick-start.mjs';
import { reference } from './steps/reference.mjs';
import { samples } from './steps/samples.mjs';
import { size } from './steps/size.mjs';
import { sources } from './steps/sources.mjs';
import { typeMatrix } from './steps/type-matrix.mjs';
import { typecheck } from './steps/typecheck.mjs';
import { unit } from './steps/unit.mjs';
import { unused } from './steps/unused.mjs';

/** In the order in which they start, where nothing holds them up. */
export const steps = [
  install,
  lockfile,
  sources,
  layout,
  documented,
  lint,
  build,
  typecheck,
  changesets,
  exports,
  pack,
  size,
  unused,
  reference,
  packages,
  installTarballs,
  samples,
  typeMatrix,
  quickStart,
  examples,
  demo,
  unit,
];
