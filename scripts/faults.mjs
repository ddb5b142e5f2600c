// Kills the runtime at random moments under load, on both homes, and checks what must hold all the same.
// Usage: npm run faults [-- <seconds a home> [<seed>]]; a seed that has failed fails again, as far as time allows.
import { runTool } from './process/run-tool.mjs';

const [seconds = '60', seed] = process.argv.slice(2).filter((argument) => argument !== '--');
const env = {
  ...process.env,
  RUNCTL_FAULT_SECONDS: seconds,
  ...(seed === undefined ? {} : { RUNCTL_FAULT_SEED: seed }),
};
const { code, output } = await runTool('vitest', ['run', 'packages/runtime/src/faults/soak.test.ts'], { env });
console.log(output);
process.exitCode = code ?? 1;
