export { emptyPage, type MethodCall, methodNames, type ObservedCall, observeCall } from './method-call.ts';
export {
  type ChatCompletionsServer,
  type ChatReply,
  type ChatScript,
  type RecordedChatRequest,
  startChatCompletionsServer,
} from './model-servers/chat-completions-server.ts';
export { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';
export { type Answer, type RecordedRequest, type RecordingServer, startRecordingServer } from './recording-server.ts';
export {
  type Exchange,
  type ScriptedRequest,
  type ScriptedServer,
  type Step,
  startScriptedServer,
} from './scripted-server.ts';
