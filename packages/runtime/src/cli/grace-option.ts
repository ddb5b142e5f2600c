import { Option } from 'commander';
import { wholeNumber } from './listen-options.ts';

/** `--grace`, in seconds. */
export function graceOption(seconds: number): Option {
  return new Option('--grace <seconds>', 'how long tasks may finish their step when told to end')
    .env('RUNCTL_GRACE_SECONDS')
    .default(seconds)
    .argParser((text) => wholeNumber(text, 3_600));
}
