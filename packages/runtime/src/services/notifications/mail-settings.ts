import type { SmtpSettings } from '../../mail/smtp-mail.ts';
import { SettingError } from '../operator-key.ts';

/**
 * Reads `RUNCTL_SMTP_URL` and `RUNCTL_MAIL_FROM`. Undefined without the first: this runtime has no mail server.
 *
 * @throws {SettingError} One of them is missing, or is none. The message does not repeat the URL, which holds a password.
 */
export function readSmtpSettings(env: Readonly<Record<string, string | undefined>>): SmtpSettings | undefined {
  const { RUNCTL_SMTP_URL: url = '', RUNCTL_MAIL_FROM: from = '' } = env;
  if (url === '') return undefined;
  if (!URL.canParse(url) || !/^smtps?:$/.test(new URL(url).protocol)) {
    throw new SettingError('RUNCTL_SMTP_URL must be such as smtps://user:password@mail.example.com:465.');
  }
  if (!/^[^@\r\n]*<?[^\s@<>]+@[^\s@<>]+>?$/.test(from)) {
    throw new SettingError(
      'RUNCTL_MAIL_FROM must be an address such as Runctl <runctl@example.com>; it is needed with RUNCTL_SMTP_URL.',
    );
  }
  return { url, from };
}
