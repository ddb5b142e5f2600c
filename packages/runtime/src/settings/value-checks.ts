import { parseAllowList } from '../egress/allow-list.ts';
import { EgressSettingError } from '../egress/egress-error.ts';
import { isApiKeyShaped } from '../services/api-key-text.ts';
import { readSecretBox, SecretsKeyError } from '../store/secret-box.ts';
import type { Setting } from './setting.ts';

type Check = Setting['check'];

/** Any text will do. */
export const anyText: Check = () => undefined;

/** A whole number from 0, or another least, to a most. */
export function wholeNumberUpTo(most: number, least = 0): Check {
  return (value) =>
    /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Check {
  return (value) => (words.includes(value) ? undefined : `must be one of ${words.join(', ')}`);
}

/** A URL with one of these schemes, such as `https:`. */
export function urlOf(...protocols: readonly string[]): Check {
  return (value) =>
    URL.canParse(value) && protocols.includes(new URL(value).protocol)
      ? undefined
      : `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`;
}

/** Origins, separated by commas. */
export const origins: Check = (value) => {
  const isOrigin = (text: string) => urlOf('http:', 'https:')(text) === undefined;
  const entries = value.split(',').map((text) => text.trim());
  return entries.filter((text) => text !== '').every(isOrigin)
    ? undefined
    : 'must name origins such as https://app.example.com, separated by commas';
};

/** Hosts, `host:port` and ranges, separated by commas. */
export const egressEntries: Check = (value) => {
  try {
    parseAllowList(value.split(','));
    return undefined;
  } catch (error) {
    if (error instanceof EgressSettingError) return error.message.replace(/^\S+ /, '');
    throw error;
  }
};

/** A key of Runctl. */
export const apiKeyText: Check = (value) =>
  isApiKeyShaped(value) ? undefined : 'must be rctl_ and 32 letters and digits, drawn at random';

/** A share of something, from 0 to 1. */
export const share: Check = (value) =>
  /^\d*\.?\d+$/.test(value) && Number(value) <= 1 ? undefined : 'must be a number from 0 to 1';

/** Drawn at random: printable, and so long that nobody guesses it. */
export function longSecret(least: number): Check {
  return (value) =>
    value.length >= least && /^[\x21-\x7e]+$/.test(value)
      ? undefined
      : `must be at least ${least} printable characters, drawn at random`;
}

/** Keys that seal secrets, the newest first. */
export const secretsKeys: Check = (value) => {
  try {
    readSecretBox({ RUNCTL_SECRETS_KEY: value });
    return undefined;
  } catch (error) {
    if (error instanceof SecretsKeyError) return error.message.replace(/^\S+ (.*)\.$/, '$1');
    throw error;
  }
};
