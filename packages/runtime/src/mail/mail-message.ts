/** A mail as text. There is no HTML in it, so what tenants wrote cannot be more than text. */
export interface MailMessage {
  /** The same at every attempt, so that a mail that comes twice can be told. */
  id: string;
  /** One address. */
  to: string;
  subject: string;
  text: string;
}

/** Takes mails and answers for them. */
export interface MailTransport {
  /** @throws {MailFailure} */
  send(message: MailMessage): Promise<void>;
  close(): void;
}

/** A mail that was not taken. */
export class MailFailure extends Error {
  override readonly name = 'MailFailure';
  /** The server will never take it, such as mail to an address that does not exist. */
  readonly isPermanent: boolean;
  /** What the server answered with; null where it did not. */
  readonly responseStatus: number | null;

  constructor(
    message: string,
    answer: { isPermanent: boolean; responseStatus: number | null },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.isPermanent = answer.isPermanent;
    this.responseStatus = answer.responseStatus;
  }
}

/** Text for one line: whatever would begin another one, or drive a terminal, is a blank. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/**
 * @throws {MailFailure} permanent - an address or a subject that would be more than one. Addresses are checked when they
 * are saved, and subjects are made here: this is the wall behind those.
 */
export function checkMail({ to, subject }: MailMessage): void {
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(`${to}${subject}`) && /^[^\s,;<>"]+@[^\s,;<>"]+$/.test(to)) return;
  const answer = { isPermanent: true, responseStatus: null };
  throw new MailFailure('A mail has one address and a subject of one line.', answer);
}
