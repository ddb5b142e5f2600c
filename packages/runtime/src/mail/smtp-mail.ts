import { composedMail } from './composed-mail.ts';
import { checkMail, MailFailure, type MailTransport } from './mail-message.ts';

/** A server that takes mail. */
export interface SmtpSettings {
  /** `smtp://` (STARTTLS where the server has it) or `smtps://`, with user and password where they are needed. */
  url: string;
  /** Whom mails come from: `Runctl <runctl@example.com>`. */
  from: string;
}

const connectMs = 10_000;
const answerMs = 20_000;

/** Sends mails to a server; nothing is loaded and connected before the first one. */
export function smtpMail({ url, from }: SmtpSettings): MailTransport {
  const open = async () => {
    const { createTransport } = await import('nodemailer');
    const timeouts = { connectionTimeout: connectMs, greetingTimeout: connectMs, socketTimeout: answerMs };
    return createTransport({ url, pool: true, maxConnections: 2, ...timeouts });
  };
  let opened: ReturnType<typeof open> | undefined;
  return {
    send: async (message) => {
      checkMail(message);
      opened ??= open();
      const transport = await opened;
      try {
        await transport.sendMail(composedMail(from, message));
      } catch (error) {
        throw toFailure(error);
      }
    },
    close: () => {
      void opened?.then((transport) => transport.close());
    },
  };
}

/** The server's words may repeat the mail, so only its code is passed on. */
function toFailure(cause: unknown): MailFailure {
  const { responseCode = null, code } = cause as { responseCode?: number; code?: string };
  // 5xx is for ever (RFC 5321); but that the server refuses our password says nothing of this mail.
  const isPermanent = responseCode !== null && responseCode >= 500 && code !== 'EAUTH';
  const said = responseCode === null ? (code ?? 'no answer') : `answer ${responseCode}`;
  return new MailFailure(
    `The mail server did not take a mail: ${said}.`,
    { isPermanent, responseStatus: responseCode },
    { cause },
  );
}
