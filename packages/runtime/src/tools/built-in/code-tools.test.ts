import type { JsonObject } from '@runctl/core';
import { describe, expect, it } from 'vitest';
import { runCodeJob } from '../code/code-job.ts';
import type { Finding } from '../code/finding.ts';
import type { FunctionMetrics } from '../code/functions.ts';
import type { ToolContext } from '../tool.ts';
import { codeAnalysis } from './code-analysis.ts';
import { securityScan } from './security-scan.ts';

const context = { signal: new AbortController().signal } as ToolContext;

type Report = {
  summary: string;
  language: string;
  metrics: JsonObject;
  functions: FunctionMetrics[];
  findings: Finding[];
  totalFindings: number;
};

async function analyse(code: string, hint: JsonObject = {}): Promise<Report> {
  const { result } = await codeAnalysis(runCodeJob).run({ code, ...hint }, context);
  return result as unknown as Report;
}

async function scan(code: string, hint: JsonObject = {}): Promise<Report> {
  const { result } = await securityScan(runCodeJob).run({ code, ...hint }, context);
  return result as unknown as Report;
}

const places = ({ findings }: Report) => findings.map(({ rule, line }) => `${line} ${rule}`);

describe('code_analysis', () => {
  it('measures each function, and counts branches where they belong', async () => {
    const report = await analyse(
      [
        'function outer(a, b) {',
        '  if (a && b) return 1;',
        '  for (const x of a) { try { x(); } catch (error) { b(error); } }',
        '  const inner = () => (a ? 1 : b ?? 2);',
        '  switch (a) { case 1: case 2: return inner(); default: return 0; }',
        '}',
        'class Box { #open() { return 1; } get size() { return 2; } }',
        'list.map((x) => x * 2);',
      ].join('\n'),
    );
    expect(report.functions).toEqual([
      { name: 'outer', line: 1, lines: 6, parameters: 2, complexity: 7 },
      { name: 'inner', line: 4, lines: 1, parameters: 0, complexity: 3 },
      { name: '#open', line: 7, lines: 1, parameters: 0, complexity: 1 },
      { name: 'size', line: 7, lines: 1, parameters: 0, complexity: 1 },
      { name: '(callback of list.map)', line: 8, lines: 1, parameters: 1, complexity: 1 },
    ]);
    expect(report.metrics).toMatchObject({ lines: 8, functions: 5, maxComplexity: 7, averageComplexity: 2.6 });
    expect(report.summary).toBe(
      'The code (javascript): 8 lines, 5 functions, the most complex is outer at line 1 with 7; no findings.',
    );
  });

  it('reports every syntax error with its place, and goes on after it', async () => {
    const report = await analyse('const a = 1;\nconst a = 2;\nlet b = ;\n', { language: 'javascript' });
    expect(report.findings).toMatchObject([{ rule: 'syntax-error', severity: 'error', line: 3, column: 9 }]);
    const recovered = await analyse('const a = 1;\nconst a = 2;\neval(a);\n');
    expect(places(recovered)).toEqual(['2 syntax-error', '3 code-from-text']);
  });

  it.each([
    ['a.ts', 'const x: number = 1;', 'typescript'],
    ['a.tsx', 'const x = <T,>(y: T) => <p>{y}</p>;', 'tsx'],
    ['a.mjs', 'export const x = <p />;', 'javascript'],
    [undefined, 'const x: number = <any>1;', 'typescript'],
    [undefined, 'const x: number = f(<p />);', 'tsx'],
    [undefined, 'const x = 1;', 'javascript'],
  ])('reads %s as what it is', async (path, code, language) => {
    const report = await analyse(code, path === undefined ? {} : { path });
    expect(report).toMatchObject({ language, findings: [] });
  });

  it('finds probable mistakes', async () => {
    const report = await analyse(
      [
        "import { used, unused, type Kind } from 'x';",
        'var old: Kind = used;',
        'if (old = 1) debugger;',
        'if (old == 2 || old == null) {}',
        'try { used(); } catch {}',
        'try { used(); } catch { /* it may be gone */ }',
        'list.forEach(async (x) => await x);',
        'function f() { return 1; used(); }',
      ].join('\n'),
      { language: 'typescript' },
    );
    expect(places(report)).toEqual([
      '1 unused-import',
      '2 var',
      '3 assigned-condition',
      '3 debugger',
      '4 loose-equality',
      '5 empty-catch',
      '7 async-for-each',
      '8 unreachable',
    ]);
  });

  it('names functions that are too much', async () => {
    const branches = Array.from({ length: 16 }, (_, index) => `if (a === ${index}) b();`).join('\n');
    const lines = '\n'.repeat(80);
    const report = await analyse(`function big(a, b, c, d, e, f) {\n${branches}\n${lines}}`);
    expect(places(report)).toEqual(['1 complex-function', '1 long-function', '1 many-parameters']);
    expect(report.findings[0]?.message).toContain('big has a cyclomatic complexity of 17');
  });

  it('survives any text', async () => {
    for (const code of ['', '\0', '{{{{', '💥', '</script>', 'a'.repeat(10_000), '('.repeat(5_000)]) {
      expect((await analyse(code)).metrics.lines).toBe(1);
    }
  });

  it.each(['['.repeat(99_000), '(a,'.repeat(20_000), '<T>('.repeat(2_000)])(
    'tells of nesting that no parser survives (%#)',
    async (code) => {
      const report = await analyse(code, { language: 'typescript' });
      expect(report.findings).toMatchObject([{ rule: 'syntax-error' }]);
    },
  );
});

describe('security_scan', () => {
  it('finds dangerous calls', async () => {
    const report = await scan(
      [
        'eval(x); new Function(x); window.eval(x);',
        "setTimeout('go()', 1); setTimeout(go, 1);",
        `exec(\`ls \${dir}\`); exec("ls"); child_process.execSync("rm " + dir);`,
        "spawn('ls', [], { shell: true }); spawn('ls');",
        `db.query(\`SELECT * FROM t WHERE id = \${id}\`); db.query("SELECT 1"); api.query("a" + b);`,
        'element.innerHTML = value; element.innerHTML = "<p>"; element.textContent = value;',
        'document.write(value);',
        "createHash('md5'); createHash('sha256');",
        'request({ rejectUnauthorized: false });',
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';",
        'const a = <p dangerouslySetInnerHTML={{ __html: value }} />;',
      ].join('\n'),
    );
    expect(places(report)).toEqual([
      ...['1 code-from-text', '1 code-from-text', '1 code-from-text', '2 code-from-text'],
      ...['3 shell-injection', '3 shell-injection', '4 shell-injection', '5 sql-injection', '6 html-injection'],
      ...['7 html-injection', '8 weak-hash', '9 tls-unchecked', '10 tls-unchecked', '11 html-injection'],
    ]);
  });

  const random = 'a8F3kQ9zLm2Xv7Rt5Yb1Nc6Wd4Hs0Jp';

  it.each([
    `AKIA${'ABCDEFGH12345678'}`,
    `ghp_${random}12345`,
    `sk_live_${random}`,
    `sk-ant-${random}`,
    `sk-proj-${random}`,
    `xoxb-${random}`,
    `AIza${random}1234`,
    `rctl_${random}0`,
    '-----BEGIN RSA PRIVATE KEY-----',
    `postgres://admin:${random}@db.example.com/main`,
    `const dbPassword = "${random}";`,
    `"api_key": '${random}'`,
  ])('finds the credential in %s, and does not repeat it', async (text) => {
    const report = await scan(`// line 1\n${text}`);
    expect(report.findings.filter(({ rule }) => rule === 'secret')).toMatchObject([{ line: 2, severity: 'error' }]);
    expect(JSON.stringify(report)).not.toContain(random.slice(4));
  });

  it.each([
    'const password = process.env.PASSWORD;',
    'const password = "changeme-please";',
    'const apiKey = "your-api-key-here";',
    'const token = "<token>";',
    'password: "aaaaaaaaaaaa"',
    'https://user@example.com/',
    `\`https://\${user}:\${password}@host/\``,
  ])('takes %s for no credential', async (text) => {
    expect((await scan(text)).findings).toEqual([]);
  });

  it('says what it did not see where the text does not parse', async () => {
    const report = await scan('def f():\n  password = "a8F3kQ9zLm2Xv7Rt"', { path: 'a.py' });
    expect(report).toMatchObject({ parsed: false, findings: [{ rule: 'secret', line: 2 }] });
    expect(report.summary).toContain('does not parse cleanly');
  });

  it('reports at most a hundred findings and counts them all', async () => {
    const report = await scan('eval(x);\n'.repeat(150));
    expect(report.findings).toHaveLength(100);
    expect(report.totalFindings).toBe(150);
  });
});
