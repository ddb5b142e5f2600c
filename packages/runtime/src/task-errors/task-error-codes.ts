import type { TaskError } from '@runctl/tasks';

/** What a code says, for the documents. */
interface CodeMeaning {
  /** When it is given. */
  when: string;
  /** What to do about it. */
  advice: string;
}

/** Why a task has ended without a result: `error.code` of a task. The one list; the guide's table is made from it. */
export const taskErrorCodes = {
  provider_error: {
    when: "the model's provider refused the call, failed, or broke off, and the retries are used up",
    advice: 'read the message: a 4xx is about the key, the model or the request; where `retryable`, retry',
  },
  provider_not_configured: {
    when: 'the provider has no key or no address where the task ran',
    advice: 'set the variable that the message names on every worker, then retry',
  },
  provider_unsupported: {
    when: 'the runtime knows no provider of this name',
    advice: 'give the agent one of those it knows',
  },
  output_invalid: {
    when: 'the answer does not fit the schema, nor did it after one repair; also a plan or a route that does not',
    advice: 'retry; if it stays, a simpler schema or a better model',
  },
  plan_failed: {
    when: 'a deliberative agent could not do an item, and two new plans did not help',
    advice: 'see in the trace which item failed, and what it lacked',
  },
  max_steps: {
    when: "the next step would be beyond the agent's `limits.maxSteps`",
    advice: 'raise the limit (a new version) and create the task anew, or see in the trace why it needs so many',
  },
  loop_detected: {
    when: 'a tool was about to be called a third time with the same arguments within eight steps',
    advice: "look at the tool's answers in the trace, then change the prompt or the tool",
  },
  budget_exceeded: {
    when: 'the cost reached the limit of the task or of its tree, or cannot be known because a model has no price',
    advice: 'raise `maxCostUsd`, or use a model with a price, in a new task',
  },
  timeout: {
    when: 'the task ran longer than its `timeoutSeconds`; waiting does not count',
    advice: 'retry, or create it anew with more time',
  },
  expired: {
    when: 'the task had not started within `expiresInSeconds`, or nobody answered its question in time',
    advice: 'deploy the agent or scale it up; answer sooner, or raise `limits.actionTimeoutSeconds`',
  },
  worker_lost: {
    when: 'three workers were lost while they ran it',
    advice: "look at the workers' logs and memory before you retry: this task may be what ends them",
  },
  cancelled: {
    when: 'it was cancelled with a reason, which is the message; or a task that it was handed on to was cancelled',
    advice: 'nothing: a cancelled task without a reason has no error at all',
  },
  internal: {
    when: 'the runtime has a bug, or its records make no sense',
    advice: "retry; the runtime's log has the details under the task's id",
  },
} as const satisfies Record<string, CodeMeaning>;

/** Why a tool call or a hand-over failed: `error.code` of a step. The model is told, and the task goes on. */
export const stepErrorCodes = {
  tool_error: {
    when: 'the tool failed: an error of its own, or an HTTP answer that is neither 2xx nor JSON or text',
    advice: "read the message; for an HTTP tool, its server's log under the `Idempotency-Key` `<taskId>:<step>`",
  },
  tool_arguments_invalid: {
    when: "the model's arguments are no JSON, or do not fit the tool's `inputSchema`",
    advice: 'the model usually mends it itself; describe the arguments better where it does not',
  },
  tool_unknown: {
    when: 'the model called a tool that the agent does not have',
    advice: 'add the tool, or rule it out',
  },
  tool_not_allowed: {
    when: "the tenant's `skillAllowlist` or `customToolUrlPrefixes` does not have the tool",
    advice: "an owner or admin widens the tenant's settings",
  },
  tool_timeout: {
    when: 'the tool did not answer in its `timeoutSeconds`',
    advice: 'make it faster, or give it longer',
  },
  tool_unreachable: { when: 'no connection to it, or one that broke', advice: 'look after its server' },
  tool_answer_too_large: { when: 'the answer is larger than 1 MiB', advice: 'answer with less, or with a link' },
  tool_unavailable: {
    when: 'the tool failed several times in a row, so it is left alone for a while',
    advice: 'look after its server; it is asked again by itself',
  },
  tool_overloaded: {
    when: 'too many calls of it wait for their turn',
    advice: 'fewer replicas at once, or a faster tool',
  },
  egress_refused: {
    when: 'the address may not be called from here: it is not public',
    advice: 'the operator opens it with `RUNCTL_EGRESS_ALLOW`',
  },
  side_effect_blocked: {
    when: "a fork with `sideEffects: 'block'` made a call that its source did not make",
    advice: "fork with `'reuse'` or `'execute'` where the call may run",
  },
  rejected: { when: 'a person rejected the call; the message is the reason', advice: 'nothing: the model was told' },
  expired: {
    when: 'nobody decided on the call in time',
    advice: 'decide sooner, or raise `limits.actionTimeoutSeconds`',
  },
  cancelled: { when: 'the task was cancelled while the step waited, or the child was', advice: 'nothing' },
  agent_unknown: { when: 'the member was deleted', advice: "update the agent's or the team's members" },
  delegation_too_deep: {
    when: 'work was handed on three times already, one below the other',
    advice: 'flatten the tree',
  },
  delegation_limit: {
    when: 'the tree of tasks has 20 hand-overs already',
    advice: 'split the work into several tasks',
  },
  delegation_loop: {
    when: 'the same work was handed to the same member before, or would go back to who asked for it',
    advice: 'say in the prompts who does what',
  },
} as const satisfies Record<string, CodeMeaning>;

/** Either: a router's or a team's task fails with the code of the hand-over without which it has no answer. */
export type TaskErrorCode = keyof typeof taskErrorCodes | keyof typeof stepErrorCodes;

/** An error with one of the codes. */
export type CodedError = Omit<TaskError, 'code'> & { code: TaskErrorCode };
