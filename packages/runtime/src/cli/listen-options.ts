import { InvalidArgumentError, Option } from 'commander';

/** `--port`. */
export function portOption(): Option {
  return new Option('-p, --port <port>', 'port to listen on; 0 takes a free one')
    .env('RUNCTL_PORT')
    .default(4700)
    .argParser((text) => wholeNumber(text, 65_535));
}

/** `--host`. */
export function hostOption(address: string): Option {
  return new Option('--host <address>', 'address to listen on').env('RUNCTL_HOST').default(address);
}

/** `--slots`. */
export function slotsOption(): Option {
  return new Option('--slots <count>', 'tasks at once, over all agents')
    .env('RUNCTL_SLOTS')
    .default(256)
    .argParser((text) => wholeNumber(text, 10_000));
}

/** @throws {InvalidArgumentError} It is no whole number from 0 to `most`. */
export function wholeNumber(text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most)
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${most}.`);
  return value;
}
