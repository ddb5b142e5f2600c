import { describe, expect, it } from 'vitest';
import { createEgressGuard } from '../egress/egress-guard.ts';
import { createToolBox } from './tool-box.ts';

const box = createToolBox({ egress: createEgressGuard({ allowedHosts: [] }) });
const free = { skillAllowlist: null, customToolUrlPrefixes: null };
const url = 'https://tools.example.com/notify';
const tool = { name: 'notify', description: 'd', inputSchema: { type: 'object' }, enabled: true, invokeUrl: url };

function codesOf(tools: unknown[], settings: Parameters<typeof box.check>[1] = free): string[] {
  return box.check(tools, settings).map(({ path, code }) => `${path} ${code}`);
}

describe('the tools of an agent', () => {
  it('pass where all is well', () => {
    expect(codesOf(['calculator', 'code_analysis', tool, { ...tool, name: 'other', timeoutSeconds: 60 }])).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no tool at all', 7, '/tools/0 agent.tool_invalid'],
    ['an unknown name', 'web_search', '/tools/0 agent.tool_unknown'],
    ['an inherited name', '__proto__', '/tools/0 agent.tool_unknown'],
    ['a name like __proto__', { ...tool, name: '__proto__' }, '/tools/0/name agent.tool_name_invalid'],
    ['no name', { ...tool, name: undefined }, '/tools/0/name agent.tool_name_invalid'],
    ['a look-alike', { ...tool, name: 'nоtify' }, '/tools/0/name agent.tool_name_invalid'],
    ['a long name', { ...tool, name: 'a'.repeat(65) }, '/tools/0/name agent.tool_name_invalid'],
    ['a name of a built-in tool', { ...tool, name: 'Calculator' }, '/tools/0/name agent.tool_name_reserved'],
    ['no target', { ...tool, invokeUrl: undefined }, '/tools/0 agent.tool_target_invalid'],
    ['two targets', { ...tool, inlineScript: '1' }, '/tools/0 agent.tool_target_invalid'],
    [
      'a Lambda',
      { ...tool, invokeUrl: undefined, lambdaArn: 'arn:x' },
      '/tools/0/lambdaArn agent.tool_target_unsupported',
    ],
    [
      'a script',
      { ...tool, invokeUrl: undefined, inlineScript: '1' },
      '/tools/0/inlineScript agent.tool_target_unsupported',
    ],
    ['an inner address', { ...tool, invokeUrl: 'https://10.0.0.1' }, '/tools/0/invokeUrl agent.tool_url_refused'],
    ['plain http', { ...tool, invokeUrl: 'http://example.com' }, '/tools/0/invokeUrl agent.tool_url_refused'],
    ['no schema', { ...tool, inputSchema: null }, '/tools/0/inputSchema agent.tool_schema_invalid'],
    [
      'a schema of text',
      { ...tool, inputSchema: { type: 'string' } },
      '/tools/0/inputSchema agent.tool_schema_invalid',
    ],
    ['a long timeout', { ...tool, timeoutSeconds: 301 }, '/tools/0/timeoutSeconds agent.tool_timeout_invalid'],
  ])('are refused for %s', (_what, given, expected) => {
    expect(codesOf([given])).toEqual([expected]);
  });

  it('have each name once', () => {
    expect(codesOf(['calculator', 'calculator', tool, { ...tool, name: 'Notify' }])).toEqual([
      '/tools/1 agent.tool_duplicate',
      '/tools/3 agent.tool_duplicate',
    ]);
  });

  it('are not a thousand', () => {
    expect(codesOf(Array.from({ length: 1_000 }, (_, index) => ({ ...tool, name: `t${index}` })))).toEqual([
      '/tools agent.too_many_tools',
    ]);
  });

  it('are those that the tenant allows', () => {
    const settings = { skillAllowlist: ['calculator'], customToolUrlPrefixes: ['https://tools.example.com/v1/'] };
    expect(codesOf(['calculator', 'http_get', tool], settings)).toEqual([
      '/tools/1 agent.tool_not_allowed',
      '/tools/2/invokeUrl agent.tool_url_not_allowed',
    ]);
  });
});

describe('customToolUrlPrefixes', () => {
  const within = (invokeUrl: string, ...customToolUrlPrefixes: string[]) =>
    codesOf([{ ...tool, invokeUrl }], { skillAllowlist: null, customToolUrlPrefixes }).length === 0;

  it.each([
    ['https://a.example/tools/x', 'https://a.example/tools'],
    ['https://a.example/tools', 'https://a.example/tools/'],
    ['https://A.EXAMPLE:443/tools/x?y=1', 'https://a.example/tools/'],
    ['https://a.example/tools/./y/../x', 'https://a.example/tools/'],
    ['https://a.example/x', 'https://a.example'],
    ['https://b.example/x', 'https://a.example', 'https://b.example/'],
  ])('let %s pass below %s', (invokeUrl, ...prefixes) => {
    expect(within(invokeUrl, ...prefixes)).toBe(true);
  });

  it.each([
    ['https://a.example.evil.test/tools/x', 'https://a.example/tools'],
    ['https://a.example@evil.test/tools/x', 'https://a.example/tools'],
    ['https://a.example:8443/tools/x', 'https://a.example/tools'],
    ['http://a.example/tools/x', 'https://a.example/tools'],
    ['https://a.example/tools-evil', 'https://a.example/tools'],
    ['https://a.example/tools/../admin', 'https://a.example/tools'],
    ['https://a.example/tools/%2e%2e/admin', 'https://a.example/tools'],
    ['https://a.example/tools/..%2fadmin', 'https://a.example/tools'],
    ['https://a.example/tools/%5c..%5cadmin', 'https://a.example/tools'],
    ['https://a.example/tools\\..\\admin', 'https://a.example/tools'],
    ['https://a.example//tools/x', 'https://a.example/tools'],
    ['https://a.example/x', 'not a prefix'],
  ])('keep %s out of %s', (invokeUrl, prefix) => {
    expect(within(invokeUrl, prefix)).toBe(false);
  });

  it('allow nothing where the list is empty', () => {
    expect(within(url)).toBe(false);
  });
});
