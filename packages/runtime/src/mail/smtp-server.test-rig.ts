import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as a server got it. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** All of it, headers too, decoded no further. */
  raw: string;
}

/** A real SMTP server on 127.0.0.1. */
export interface TestMailServer {
  readonly url: string;
  readonly mails: ReceivedMail[];
  /** Answered to each recipient; undefined: taken. */
  refusal: { code: number; message: string } | undefined;
  close(): Promise<void>;
}

/** Starts one that asks for the user `runctl` with the password `secret`. */
export async function startMailServer(): Promise<TestMailServer> {
  const mails: ReceivedMail[] = [];
  const rig: { refusal: TestMailServer['refusal'] } = { refusal: undefined };
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: false,
    closeTimeout: 100,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      const isKnown = username === 'runctl' && password === 'secret';
      done(isKnown ? null : new TypeError('Unknown user'), isKnown ? { user: 'runctl' } : undefined);
    },
    onRcptTo: (_address, _session, done) => {
      const { refusal } = rig;
      if (refusal === undefined) done();
      else done(Object.assign(new TypeError(refusal.message), { responseCode: refusal.code }));
    },
    onData: (stream, { envelope }, done) => {
      let raw = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        raw += chunk;
      });
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://runctl:secret@127.0.0.1:${port}`,
    mails,
    get refusal() {
      return rig.refusal;
    },
    set refusal(refusal) {
      rig.refusal = refusal;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
