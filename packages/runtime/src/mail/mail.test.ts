import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSmtpSettings } from '../services/notifications/mail-settings.ts';
import { folderMail } from './folder-mail.ts';
import type { MailTransport } from './mail-message.ts';
import { smtpMail } from './smtp-mail.ts';
import { startMailServer, type TestMailServer } from './smtp-server.test-rig.ts';

const message = { id: 'whd_1', to: 'ann@example.com', subject: 'Hello', text: 'How do you do?\n' };
const from = 'Runctl <runctl@mail.example.com>';

describe('mail by SMTP', () => {
  let server: TestMailServer;
  let mail: MailTransport;

  beforeEach(async () => {
    server = await startMailServer();
    mail = smtpMail({ url: server.url, from });
  });
  afterEach(async () => {
    mail.close();
    await server.close();
  });

  it('is plain text from the set sender, under an id that stays the same', async () => {
    await mail.send(message);
    await mail.send(message);
    expect(server.mails).toHaveLength(2);
    const [first, second] = server.mails;
    expect(first).toMatchObject({ from: 'runctl@mail.example.com', to: ['ann@example.com'] });
    expect(first?.raw).toMatch(/^From: Runctl <runctl@mail\.example\.com>\r$/m);
    expect(first?.raw).toMatch(/^Content-Type: text\/plain; charset=utf-8\r$/m);
    expect(first?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(first?.raw).toContain('How do you do?');
    for (const each of [first, second]) expect(each?.raw).toMatch(/^Message-ID: <whd_1@mail\.example\.com>\r$/m);
  });

  it('refuses what would add a header or a recipient, and sends none of it', async () => {
    const hostile = [
      { to: 'ann@example.com\r\nBcc: eve@example.com' },
      { to: 'ann@example.com, eve@example.com' },
      { to: 'Ann <ann@example.com>' },
      { subject: 'Hello\r\nBcc: eve@example.com' },
      { subject: 'Hello\u2028Bcc: eve@example.com' },
    ];
    for (const change of hostile) {
      await expect(mail.send({ ...message, ...change })).rejects.toMatchObject({ isPermanent: true });
    }
    expect(server.mails).toEqual([]);
  });

  it('knows what is for ever from what may pass', async () => {
    server.refusal = { code: 550, message: 'No such user' };
    await expect(mail.send(message)).rejects.toMatchObject({ isPermanent: true, responseStatus: 550 });
    server.refusal = { code: 451, message: 'Try later' };
    await expect(mail.send(message)).rejects.toMatchObject({ isPermanent: false, responseStatus: 451 });
    const badPassword = smtpMail({ url: server.url.replace('secret', 'wrong'), from });
    await expect(badPassword.send(message)).rejects.toMatchObject({ isPermanent: false, responseStatus: 535 });
    badPassword.close();
    await server.close();
    const away = await smtpMail({ url: server.url, from })
      .send(message)
      .catch((error: unknown) => error);
    expect(away).toMatchObject({ name: 'MailFailure', isPermanent: false, responseStatus: null });
    expect(String(away)).not.toContain('secret');
  });
});

describe('mail into a folder', () => {
  it('is a file that a mail program opens, readable by its owner alone', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'runctl-mail-')), 'outbox');
    const written: string[] = [];
    await folderMail(folder, (file) => written.push(file)).send(message);
    expect(readdirSync(folder)).toEqual(['whd_1.eml']);
    expect(written).toEqual([join(folder, 'whd_1.eml')]);
    expect(statSync(written[0] ?? '').mode & 0o777).toBe(0o600);
    const text = readFileSync(written[0] ?? '', 'utf8');
    expect(text).toMatch(/^To: ann@example\.com\r$/m);
    expect(text).toMatch(/^Subject: Hello\r$/m);
    rmSync(folder, { recursive: true });
  });
});

describe('the settings of mail', () => {
  it('are a server and a sender, or nothing', () => {
    const url = 'smtps://user:hunter2@mail.example.com:465';
    expect(readSmtpSettings({})).toBeUndefined();
    expect(readSmtpSettings({ RUNCTL_SMTP_URL: url, RUNCTL_MAIL_FROM: from })).toEqual({ url, from });
    expect(() => readSmtpSettings({ RUNCTL_SMTP_URL: url })).toThrow('RUNCTL_MAIL_FROM');
    expect(() => readSmtpSettings({ RUNCTL_SMTP_URL: url, RUNCTL_MAIL_FROM: 'a@b\r\nBcc: c@d' })).toThrow(
      'RUNCTL_MAIL_FROM',
    );
    const bad = () =>
      readSmtpSettings({ RUNCTL_SMTP_URL: 'http://user:hunter2@mail.example.com', RUNCTL_MAIL_FROM: from });
    expect(bad).toThrow('RUNCTL_SMTP_URL');
    expect(bad).not.toThrow('hunter2');
  });
});
