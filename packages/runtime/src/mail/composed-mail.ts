import type { MailMessage } from './mail-message.ts';

/** What nodemailer makes a mail of: text alone, and nothing that it would read from a file or an address. */
export function composedMail(from: string, { id, to, subject, text }: MailMessage) {
  const domain = /@([^\s<>@]+?)>?\s*$/.exec(from)?.[1] ?? 'runctl.invalid';
  return {
    from,
    to,
    subject,
    text,
    messageId: `<${id}@${domain}>`,
    // Nobody's absence note shall come back (RFC 3834).
    headers: { 'auto-submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
