import { resolve } from 'node:path';
import { Option } from 'commander';

/** `--data`: where the embedded store keeps its files. */
export function dataOption(): Option {
  return new Option('--data <folder>', 'where everything is kept')
    .env('RUNCTL_DATA')
    .default('.runctl')
    .argParser((folder) => resolve(folder));
}
