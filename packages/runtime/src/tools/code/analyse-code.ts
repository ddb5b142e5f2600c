import type { JsonObject } from '@runctl/core';
import type { CodeInput } from './code-input.ts';
import { dangerAt } from './dangerous-code.ts';
import { countBySeverity, inReadingOrder, MOST_FINDINGS } from './finding.ts';
import { FunctionCollector, type FunctionMetrics } from './functions.ts';
import { functionFindings, ImportCollector, mistakeAt } from './quality-rules.ts';
import { parseSource, walk } from './syntax-tree.ts';

/** Functions that are listed, the most complex ones. */
const MOST_FUNCTIONS = 10;

/** Measures a source text and finds what is probably wrong with it. */
export async function analyseCode({ code, hint }: CodeInput): Promise<JsonObject> {
  const { language, root, errors } = await parseSource(code, hint);
  const functions = new FunctionCollector();
  const imports = new ImportCollector();
  const findings = [...errors];
  walk(root, (path) => {
    functions.visit(path);
    imports.visit(path);
    findings.push(...dangerAt(path), ...mistakeAt(path));
  });
  const measured = functions.all();
  findings.push(...imports.unused(), ...measured.flatMap(functionFindings));
  const metrics = metricsOf(code, measured);
  const counted = countBySeverity(findings);
  return {
    summary: `${hint.path ?? 'The code'} (${language}): ${metrics.lines} lines, ${functionsText(measured)}; ${counted}.`,
    language,
    metrics,
    functions: mostComplex(measured),
    findings: inReadingOrder(findings).slice(0, MOST_FINDINGS),
    totalFindings: findings.length,
  };
}

function metricsOf(code: string, functions: readonly FunctionMetrics[]) {
  const lines = code.split('\n');
  const complexities = functions.map(({ complexity }) => complexity);
  const sum = complexities.reduce((total, each) => total + each, 0);
  return {
    lines: lines.length,
    blankLines: lines.filter((line) => line.trim() === '').length,
    functions: functions.length,
    maxComplexity: Math.max(0, ...complexities),
    averageComplexity: functions.length === 0 ? 0 : Math.round((sum / functions.length) * 10) / 10,
    longestFunctionLines: Math.max(0, ...functions.map((each) => each.lines)),
  };
}

function mostComplex(functions: readonly FunctionMetrics[]): FunctionMetrics[] {
  return [...functions].sort((a, b) => b.complexity - a.complexity || a.line - b.line).slice(0, MOST_FUNCTIONS);
}

function functionsText(functions: readonly FunctionMetrics[]): string {
  const [top] = mostComplex(functions);
  if (!top) return 'no functions';
  const count = functions.length === 1 ? '1 function' : `${functions.length} functions`;
  return `${count}, the most complex is ${top.name} at line ${top.line} with ${top.complexity}`;
}
