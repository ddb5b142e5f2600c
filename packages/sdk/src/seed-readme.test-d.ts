/// <reference types="node" />
// biome-ignore-all lint: users have written these lines; they compile as they stand.
import { type Agent, type AgentTool, Runctl } from './index.ts';

// The samples of the README that the SDK was born with: clients, agents and tasks.

export async function quickStart() {
  // Initialize the client
  const client = new Runctl({
    apiKey: process.env.RUNCTL_API_KEY!,
  });
  // Create an agent
  const agent = await client.agents.create({
    name: 'Research Assistant',
    type: 'reactive',
    modelProvider: 'openai',
    model: 'gpt-4o-mini',
    systemPrompt: 'You are a helpful research assistant.',
  });
  // Deploy the agent
  await client.agents.deploy(agent.id, { replicas: 1 });
  // Create a task
  const task = await client.tasks.create({
    agentId: agent.id,
    input: {
      version: '1.0',
      payload: { query: 'What are the latest trends in AI?' },
    },
  });
  // Wait for completion
  const completedTask = await client.tasks.waitForCompletion(task.id);
  console.log('Result:', completedTask.result);
}

export async function directConfiguration() {
  const client = new Runctl({
    apiKey: 'your-api-key', // Required
    baseUrl: 'https://api.runctl.com', // Optional, defaults to production
    timeout: 30000, // Request timeout in ms (default: 30000)
    retries: 3, // Max retry attempts (default: 3)
    headers: {
      // Custom headers
      'X-Custom-Header': 'value',
    },
  });
}

export async function environmentVariables() {
  // Automatically reads from environment variables
  const client = Runctl.fromEnv();
}

export async function createAgent(client: Runctl) {
  const agent = await client.agents.create({
    name: 'Code Reviewer',
    type: 'reactive',
    modelProvider: 'openai',
    model: 'gpt-4o',
    systemPrompt: 'You are an expert code reviewer. Analyze code for bugs, security issues, and best practices.',
    tools: ['code_analysis', 'security_scan'],
    resources: {
      memoryMB: 512,
      cpuUnits: 256,
    },
  });
}

export async function customTools(client: Runctl) {
  const customTool: AgentTool = {
    id: 'tool_1',
    name: 'my_api_tool',
    description: 'Calls my external API',
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string' } },
      required: ['query'],
    },
    enabled: true,
    invokeUrl: 'https://api.example.com/invoke',
  };
  const agent = await client.agents.create({
    name: 'Agent with custom tool',
    type: 'reactive',
    modelProvider: 'openai',
    model: 'gpt-4o-mini',
    systemPrompt: 'You are a helpful assistant.',
    tools: [customTool],
  });
}

export async function listAgents(client: Runctl) {
  // List all agents
  const { data: agents, pagination } = await client.agents.list();
  // With filters
  const { data: runningAgents } = await client.agents.list({
    status: 'running',
    type: 'reactive',
    limit: 10,
    page: 1,
  });
}

export async function deployAndScale(client: Runctl, agentId: string) {
  // Deploy an agent
  const deployment = await client.agents.deploy(agentId, {
    replicas: 2,
    strategy: 'rolling',
  });
  // Scale up/down
  const scaleResult = await client.agents.scale(agentId, {
    desiredReplicas: 5,
    strategy: 'immediate',
  });
  // Stop an agent
  await client.agents.stop(agentId);
  // Restart
  await client.agents.restart(agentId);
}

export async function monitorAgents(client: Runctl, agentId: string, instanceId: string) {
  // Get agent metrics
  const metrics = await client.agents.getMetrics(agentId, {
    period: 'day',
  });
  // Get agent logs
  const { logs, hasMore } = await client.agents.getLogs(agentId, {
    level: 'error',
    limit: 100,
  });
  // List instances
  const { data: instances } = await client.agents.listInstances(agentId);
  // Get instance health
  const health = await client.agents.getInstanceHealth(agentId, instanceId);
}

export async function createTasks(client: Runctl) {
  // Single task
  const task = await client.tasks.create({
    agentId: 'agt_123',
    input: {
      version: '1.0',
      payload: { message: 'Analyze this code', code: '...' },
    },
    priority: 'high',
  });
  // Batch create (up to 25 tasks)
  const tasks = await client.tasks.createBatch({
    tasks: [
      { agentId: 'agt_123', input: { version: '1.0', payload: { query: 'Query 1' } } },
      { agentId: 'agt_123', input: { version: '1.0', payload: { query: 'Query 2' } } },
    ],
  });
}

export async function waitForCompletion(client: Runctl, taskId: string) {
  // Wait with default options (5 minute timeout)
  const completed = await client.tasks.waitForCompletion(taskId);
}

export async function waitWithProgress(client: Runctl, taskId: string) {
  // With progress updates
  const completed = await client.tasks.waitForCompletion(taskId, {
    pollIntervalMs: 2000,
    timeoutMs: 600000, // 10 minutes
    onPoll: (task) => {
      console.log(`Status: ${task.status}`);
    },
  });
}

export async function listAndFilterTasks(client: Runctl) {
  // List with filters
  const { data: tasks } = await client.tasks.list({
    status: 'completed',
    agentId: 'agt_123',
    fromDate: new Date('2026-01-01'),
    toDate: new Date(),
  });
  // Iterate over all matching tasks (auto-pagination)
  for await (const task of client.tasks.listAll({ status: 'failed' })) {
    console.log(`Failed task: ${task.id}`);
  }
}

export async function forkTasks(client: Runctl) {
  // Fork from step 2 of an existing trace
  const forkedTask = await client.tasks.fork('tsk_abc123', 2);
  // Fork with a custom modified snapshot (What-if scenario)
  const whatIfTask = await client.tasks.fork('tsk_abc123', 2, {
    prompt: 'A slightly different prompt to test...',
    memory: {
      customValue: 'something new',
    },
  });
}

export async function taskStatistics(client: Runctl) {
  // Get overall stats
  const stats = await client.tasks.getStats();
  console.log(`Total tasks: ${stats.total}`);
  console.log(`By status:`, stats.byStatus);
  // Get execution history
  const history = await client.tasks.getExecutionHistory('7d');
}
