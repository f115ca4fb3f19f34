/**
 * A server for the Model Context Protocol over standard input and output: what coding agents may ask. It answers with
 * what the command line prints. A bundle of its own, so that nobody else loads the SDK.
 */
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

/** What a command has printed. */
export interface Answered {
  out: string
  err: string
  code: number
}

export interface McpOptions {
  version: string
  /** The folder that nothing leaves. */
  root: string
  /** Runs a command. */
  ask(args: readonly string[], signal: AbortSignal): Promise<Answered>
  /** The path as a command takes it, or why it may not be read. */
  allowed(path: string): Promise<{ path: string } | { refused: string }>
}

/** The exit code of a command that could not do what it was asked for. */
const failed = 2

const readOnly = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false }

const paths = z
  .array(z.string())
  .optional()
  .describe('Files and folders to report on, relative to the root; left out: all of it')

/** An alias, since the SDK wants an index signature, which an interface lacks. */
type Result = {
  content: { type: 'text'; text: string }[]
  isError?: boolean
}

/** Serves until the client closes standard input. */
export function serve(options: McpOptions): Promise<void> {
  return new Promise((resolve) => {
    serveStdio(() => {
      const server = serverFor(options)
      server.server.onclose = resolve
      return server
    })
  })
}

function serverFor({ version, root, ask, allowed }: McpOptions): McpServer {
  const server = new McpServer(
    { name: 'costlint', title: 'CostLint', version },
    {
      instructions: `CostLint finds what training scripts and their launch files below ${root} waste, in money. It reads code and never runs it. Lint before and after a change; explain a rule before arguing with it.`,
    },
  )
  const answer = async (
    args: readonly string[],
    among: readonly string[],
    signal: AbortSignal,
  ): Promise<Result> => {
    const chosen: string[] = []
    for (const path of among) {
      const checked = await allowed(path)
      if ('refused' in checked) return failure(`${path}: ${checked.refused}`)
      chosen.push(checked.path)
    }
    const { out, err, code } = await ask([...args, '--', ...chosen], signal)
    if (code === failed) return failure(err === '' ? out : err)
    return { content: [{ type: 'text', text: [out, err].filter((text) => text !== '').join('\n') }] }
  }

  server.registerTool(
    'lint',
    {
      title: 'Lint',
      description:
        'What training code, notebooks and launch files waste: place, severity, rule, saving, and the first fix of each finding.',
      inputSchema: z.object({
        paths,
        rules: z
          .array(z.string())
          .optional()
          .describe('Only these rules or families: "search", "data/no-loader-workers"'),
        hints: z.boolean().optional().describe('Hints too, which are about small sums'),
        format: z.enum(['text', 'json']).optional().describe('json: every field and all fixes'),
      }),
      annotations: readOnly,
    },
    ({ paths: among = [], rules = [], hints = false, format = 'text' }, { mcpReq }) =>
      answer(
        [
          'check',
          `--output-format=${format === 'json' ? 'json' : 'agent'}`,
          '--exit-zero',
          ...(hints ? ['--show-hints'] : []),
          ...rules.map((rule) => `--select=${rule}`),
        ],
        among,
        mcpReq.signal,
      ),
  )

  server.registerTool(
    'explain',
    {
      title: 'Explain',
      description:
        'The page of a rule: what it finds, why that costs, how safe its fix is, when not to follow it; or what an item of the cost checklist asks for.',
      inputSchema: z.object({
        name: z.string().describe('search/grid-search, or waste/replace-grid-search'),
      }),
      annotations: readOnly,
    },
    async ({ name }, { mcpReq }) => {
      const { out, err, code } = await ask(['explain', '--', name], mcpReq.signal)
      return code === failed ? failure(err) : { content: [{ type: 'text', text: out }] }
    },
  )

  server.registerTool(
    'cost',
    {
      title: 'Cost',
      description:
        'The bill: machine, hours and dollars of each job, service and pool, and what following the findings would save.',
      inputSchema: z.object({ paths, format: z.enum(['markdown', 'json']).optional() }),
      annotations: readOnly,
    },
    ({ paths: among = [], format = 'markdown' }, { mcpReq }) =>
      answer(['cost', `--output-format=${format}`], among, mcpReq.signal),
  )

  server.registerTool(
    'estimate',
    {
      title: 'Estimate',
      description:
        'Memory, time and money of a training: of the trainings in files, or, with a model, of a run that no file describes.',
      inputSchema: z.object({
        paths,
        model: z.string().optional().describe('"ResNet-50", "meta-llama/Llama-3.1-8B": a run without a file'),
        gpu: z.string().optional().describe('Accelerator or machine type: "A100-80GB", "p4d.24xlarge"'),
        dataset: z.string().optional().describe('"ImageNet-1k"; only with a model, as all below'),
        samples: z.string().optional().describe('Samples of one epoch, in place of a data set'),
        size: z
          .string()
          .optional()
          .describe('Pixels of an image ("224"), tokens of a text, seconds of audio'),
        batch: z.string().optional().describe('Samples that one device takes at a time'),
        devices: z.string().optional().describe('Accelerators over all machines'),
        precision: z.string().optional().describe('fp32, tf32, fp16, bf16, bf16-mixed, fp8, 4-bit'),
        optimizer: z.string().optional().describe('adamw, 8-bit adam, adafactor, lion, sgd'),
        method: z.string().optional().describe('full, lora, qlora; with +checkpointing, +zero-3, +fsdp'),
        length: z.string().optional().describe('"90 epochs", "300k steps", "22B tokens"'),
        accumulation: z.string().optional().describe('Passes whose gradients make up one step'),
      }),
      annotations: readOnly,
    },
    ({ paths: among = [], ...question }, { mcpReq }) => {
      const given = Object.entries(question).flatMap(([name, value]) =>
        value === undefined ? [] : [`--${name}=${value}`],
      )
      return answer(['estimate', ...given], among, mcpReq.signal)
    },
  )

  server.registerTool(
    'preview_fix',
    {
      title: 'Preview fix',
      description: 'The fixes of a file as a unified diff. Nothing is written: apply the diff yourself.',
      inputSchema: z.object({
        path: z.string().describe('A file or folder, relative to the root'),
        rule: z.string().optional().describe('Only the fixes of this rule or family'),
        unsafe: z
          .boolean()
          .optional()
          .describe('Also fixes that may change numerics, convergence, cost or behaviour'),
      }),
      annotations: readOnly,
    },
    ({ path, rule, unsafe = false }, { mcpReq }) =>
      answer(
        [
          'check',
          '--diff',
          '--quiet',
          '--exit-zero',
          '--output-format=agent',
          ...(unsafe ? ['--unsafe-fixes'] : []),
          ...(rule === undefined ? [] : [`--select=${rule}`]),
        ],
        [path],
        mcpReq.signal,
      ),
  )
  return server
}

function failure(text: string): Result {
  return { content: [{ type: 'text', text }], isError: true }
}
