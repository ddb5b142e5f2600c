import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serveCommand, workerCommand } from '../../packages/runtime/src/cli/serve.ts';
import { settings } from '../../packages/runtime/src/settings/settings.ts';
import { RuntimeMetrics } from '../../packages/runtime/src/telemetry/runtime-metrics.ts';
import { root } from '../workspace/root.mjs';

const read = (name) => readFileSync(join(root, 'deploy', name), 'utf8');
const known = settings.map(({ name }) => name);
const secret = settings.filter(({ isSecret }) => isSecret).map(({ name }) => name);
/** What the files name that is not a setting of Runctl's. */
const foreign = /^(POSTGRES_(USER|DB|PASSWORD)|NODE_ENV)$/;
const commands = { serve: serveCommand(), worker: workerCommand() };

/** @param {string[]} words `serve --slots 0` */
function unknownWords([name, ...rest]) {
  const command = commands[name];
  if (command === undefined) return [name];
  const options = command.options.map(({ long }) => long);
  return rest.filter((word) => word.startsWith('--') && !options.includes(word));
}

describe('deploy/compose.yaml', () => {
  const compose = parse(read('compose.yaml'), { merge: true });
  const { postgres, serve, worker } = compose.services;

  it('runs Postgres, one process for the API and two workers', () => {
    expect(Object.keys(compose.services)).toEqual(['postgres', 'serve', 'worker']);
    expect([serve.deploy?.replicas ?? 1, worker.deploy.replicas]).toEqual([1, 2]);
  });

  it('names variables and options that there are', () => {
    const named = [serve, worker].flatMap(({ environment }) => Object.keys(environment));
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    expect([serve, worker].flatMap(({ command }) => unknownWords(command))).toEqual([]);
    const example = read('compose.env.example').match(/^[A-Z_]+(?==)/gm);
    expect(example.filter((name) => !known.includes(name) && !foreign.test(name))).toEqual([]);
    const asked = read('compose.yaml').match(/(?<=\$\{)[A-Z_]+/g);
    expect([...new Set(asked)].filter((name) => !example.includes(name))).toEqual([]);
  });

  it('holds no secret, and none has a default', () => {
    const values = [serve, worker, postgres].flatMap(({ environment }) => Object.entries(environment));
    const open = values.filter(([name, value]) => secret.includes(name) && !/\$\{[A-Z_]+:(?:\?[^}]+|-)\}/.test(value));
    expect(open).toEqual([]);
    expect(postgres.environment.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });

  it('shows the API to this machine alone, and Postgres to nobody', () => {
    expect(serve.ports).toEqual(['127.0.0.1:4700:4700']);
    expect([postgres.ports, worker.ports, compose.networks.database.internal]).toEqual([undefined, undefined, true]);
    expect(postgres.networks).toEqual(['database']);
  });

  it('takes from the containers what they do not need, and gives tasks time to end', () => {
    for (const service of [serve, worker]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(Number.parseInt(service.stop_grace_period, 10)).toBeGreaterThan(
        Number(service.environment.RUNCTL_GRACE_SECONDS) + 5,
      );
    }
  });

  it('names no host of images', () => {
    for (const { image } of Object.values(compose.services)) expect(image).toMatch(/^[a-z]+(:[\w.-]+)?$/);
  });
});

describe('deploy/Dockerfile', () => {
  const lines = read('Dockerfile').replaceAll('\\\n', '').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  const instruction = (name) => last.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);

  it('ends with an image that runs as nobody in particular, without what installs or builds', () => {
    expect(lines.filter((line) => line.startsWith('FROM '))).toEqual([
      'FROM node:20-slim AS build',
      'FROM node:20-slim',
    ]);
    expect(instruction('USER')).toBe('node');
    expect(last.join('\n')).not.toMatch(/apt-get|npm (install|ci)|COPY \. /);
    expect(instruction('RUN')).toContain('/usr/local/bin/npm');
  });

  it('starts node itself, so that signals reach it, and looks after its health', () => {
    const entry = JSON.parse(instruction('ENTRYPOINT'));
    expect(entry).toEqual(['node', '/opt/runctl/node_modules/@runctl/runtime/dist/bin/main.js']);
    expect(unknownWords(JSON.parse(instruction('CMD')))).toEqual([]);
    const [, , script] = JSON.parse(instruction('HEALTHCHECK').replace(/^.*CMD /, ''));
    expect(script.match(/RUNCTL_[A-Z_]+/g).filter((name) => !known.includes(name))).toEqual([]);
    expect(script).toContain('/healthz');
  });
});

describe('deploy/systemd', () => {
  const units = ['runctl.service', 'runctl-worker@.service'];

  it.each(units)('%s starts a command that there is, and gives tasks time to end', (unit) => {
    const text = read(`systemd/${unit}`);
    const [, words] = text.match(/^ExecStart=\/usr\/bin\/node \S+main\.js (.+)$/m);
    expect(unknownWords(words.split(' '))).toEqual([]);
    expect(Number(text.match(/^TimeoutStopSec=(\d+)$/m)[1])).toBeGreaterThan(35);
    expect(text).toMatch(/^DynamicUser=yes$/m);
  });

  it('is what systemd takes', ({ skip }) => {
    try {
      execFileSync('systemd-analyze', ['--version']);
    } catch {
      skip('there is no systemd here');
    }
    // What is not installed on this machine is no fault of the unit.
    const verify = () =>
      execFileSync('systemd-analyze', ['verify', ...units.map((unit) => join(root, 'deploy/systemd', unit))]);
    expect(verify).not.toThrow();
  });
});

describe('deploy/prometheus', () => {
  it('watches figures that there are', async () => {
    const none = async () => [];
    const families = new RuntimeMetrics().families({ tasks: none, slots: () => [], eventReaders: () => 0 });
    const page = (await Promise.all(families.map((family) => family.lines()))).flat().join('\n');
    const names = new Set(page.match(/(?<=^# TYPE )\S+/gm));
    const { groups } = parse(read('prometheus/alerts.yaml'));
    const rules = groups.flatMap(({ rules: members }) => members);
    expect(rules.length).toBeGreaterThan(5);
    for (const { alert, expr } of rules) {
      const used = expr.match(/runctl_\w+/g) ?? [];
      expect([
        alert,
        used.filter((name) => !names.has(name.replace(/_(bucket|count|sum)$/, '')) && !names.has(name)),
      ]).toEqual([alert, []]);
    }
  });
});
