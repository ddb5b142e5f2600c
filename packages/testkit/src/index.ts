export { failsAtOnce } from './event-loop-turns.ts';
export { emptyPage, type MethodCall, methodNames, type ObservedCall, observeCall } from './method-call.ts';
export { type ChatRequestBody, startChatCompletionsServer } from './model-servers/chat-completions-protocol.ts';
export {
  type GenerateContentRequestBody,
  startGenerateContentServer,
} from './model-servers/generate-content-protocol.ts';
export { type MessagesRequestBody, startMessagesServer } from './model-servers/messages-protocol.ts';
export type { ModelReply } from './model-servers/model-reply.ts';
export type { ModelScript, ModelServer, RecordedModelRequest } from './model-servers/model-server.ts';
export {
  type CommitFault,
  type CommitMoment,
  type PlannedFault,
  type PostgresProxy,
  startPostgresProxy,
} from './postgres-proxy.ts';
export { findPostgres, type PostgresServer, startPostgres } from './postgres-server.ts';
export { type Answer, type RecordedRequest, type RecordingServer, startRecordingServer } from './recording-server.ts';
export {
  type Exchange,
  type ScriptedRequest,
  type ScriptedServer,
  type Step,
  startScriptedServer,
} from './scripted-server.ts';
