import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composedMail } from './composed-mail.ts';
import { checkMail, type MailTransport } from './mail-message.ts';

const from = 'Runctl <runctl@localhost>';

/**
 * Puts mails into a folder, a file each as a mail program opens it: for those who try things out and have no mail
 * server.
 *
 * @param onMail told of each file
 */
export function folderMail(folder: string, onMail: (file: string) => void): MailTransport {
  return {
    send: async (message) => {
      checkMail(message);
      const { createTransport } = await import('nodemailer');
      const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
      const { message: bytes } = await composer.sendMail(composedMail(from, message));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${message.id}.eml`);
      // Whoever watches the folder sees whole mails only.
      await writeFile(`${file}.part`, bytes as Buffer, { mode: 0o600 });
      await rename(`${file}.part`, file);
      onMail(file);
    },
    close: () => undefined,
  };
}
