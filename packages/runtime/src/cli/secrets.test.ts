import { randomBytes } from 'node:crypto';
import { Runctl } from '@runctl/sdk';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../runtime-process.test-rig.ts';
import { bareHomes, json, type StartedRuntime, startOn, stopHomes } from './operator.test-rig.ts';

afterAll(stopHomes);
let running: StartedRuntime | undefined;
afterEach(async () => {
  await running?.kill();
  running = undefined;
  delete process.env.RUNCTL_SECRETS_KEY;
});

const newKey = () => randomBytes(32).toString('base64');

describe.each(bareHomes)('sealing secrets anew on $name', ({ create }) => {
  it('goes on beside a runtime that has both keys, says how far it is, and changes nothing the second time', async () => {
    const home = await create();
    const [old, next] = [newKey(), newKey()];
    process.env.RUNCTL_SECRETS_KEY = `${old},${next}`;
    const runtime = await startOn(home);
    running = runtime;
    const [tenant] = await json<{ id: string }[]>('tenants', 'list', ...home.options);
    const signingSecret = () => json('tenants', 'signing-secret', tenant?.id ?? '', ...home.options);
    const before = await signingSecret();
    process.env.RUNCTL_SECRETS_KEY = `${next},${old}`;
    const { code, output, errors } = await runCommand('secrets', 'reseal', ...home.options);
    expect(code).toBe(0);
    expect(errors).toContain('runctl: tenants.signing_secret: 1 sealed\n');
    expect(output).toMatch(/^Every secret is sealed with the first key; \d were not before\.\n$/);
    expect(await json('secrets', 'reseal', ...home.options)).toEqual({ sealed: 0 });
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    expect(await client.tenants.whoami()).toMatchObject({ tenantId: tenant?.id });
    process.env.RUNCTL_SECRETS_KEY = next;
    expect(await signingSecret()).toEqual(before);
    process.env.RUNCTL_SECRETS_KEY = old;
    const withoutKey = await runCommand('tenants', 'signing-secret', tenant?.id ?? '', ...home.options);
    expect(withoutKey).toMatchObject({ code: 1, errors: expect.stringMatching(/RUNCTL_SECRETS_KEY does not have/) });
    await runtime.kill();
    home.remove();
  });

  it('needs a key', async () => {
    const home = await create();
    await runCommand('migrate', ...home.options);
    expect(await runCommand('secrets', 'reseal', ...home.options)).toMatchObject({
      code: 1,
      errors: 'runctl: RUNCTL_SECRETS_KEY is not set: there is no key to seal with.\n',
    });
    home.remove();
  });
});
