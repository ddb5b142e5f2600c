/** Test doubles for what is built on this SDK: scripted answers in place of a server, everything else as it is. */
export { failWith, inOrder, pageOf, type ScriptedProblem, streamOf } from './answers.ts';
export { createTestFetch, type TestFetch } from './test-fetch.ts';
export type { TestAnswer, TestAnswers, TestRequest } from './test-request.ts';
export { createTestTransport, type TestTransport } from './test-transport.ts';
