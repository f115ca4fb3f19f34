/** A linter that finds what its files say: `#! severity rule message` on a line is a finding on the word before it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine, OpenOptions } from '../../server/src/cli/engine.js'
import type { Finding } from '../../server/src/finding.js'
import { discover } from '../../server/src/host/discover.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import type { LintResult, OfferedFix, Project } from '../../server/src/linter.js'
import type { Severity } from '../../server/src/rules/rule.js'
import type { SourceFile } from '../../server/src/text/source-file.js'

const fakeRules: Awaited<ReturnType<Engine['rules']>> = [
  {
    name: 'search/grid-search',
    severity: 'warning',
    summary: 'Grid search pays for every combination.',
    checklist: [],
  },
  { name: 'data/no-loader-workers', severity: 'warning', summary: 'The GPU waits for data.', checklist: [] },
]

function parts(path: string, text: string): SourceFile['parts'] {
  if (!path.endsWith('.ipynb')) return [{ cell: null, kind: 'file', text }]
  const cells = (JSON.parse(text) as { cells: { cell_type: 'code' | 'markdown'; source: string }[] }).cells
  return cells.map((cell, index) => ({ cell: index, kind: cell.cell_type, text: cell.source }))
}

function findingsOf(path: string, text: string): Finding[] {
  return parts(path, text).flatMap((part) =>
    [...part.text.matchAll(/(\S+) *#! (\w+) (\S+) (.*)/g)].map((match): Finding => {
      const [, word, severity, rule, message] = match as unknown as [string, string, Severity, string, string]
      const location = { path, cell: part.cell, start: match.index, end: match.index + word.length }
      return {
        rule,
        reader: 'fake',
        severity,
        confidence: 'high',
        message,
        location,
        checklist: ['waste/item'],
        saving: message.includes('saves')
          ? { fraction: [0.4, 0.6], usd: null, basis: 'Half of the fits.' }
          : null,
        related: message.includes('related')
          ? [{ location: { ...location, start: 0, end: 1 }, message: 'from here' }]
          : [],
        fingerprint: `${rule}-${path}`,
        requests: [],
      }
    }),
  )
}

class FakeProject implements Project {
  private readonly opened = new Map<string, string>()

  constructor(
    readonly root: string,
    private readonly explicit: readonly string[],
    private readonly select: readonly string[] | undefined,
    private readonly options: Pick<OpenOptions, 'apart' | 'maxFiles'>,
  ) {}

  open(path: string, content: unknown): void {
    this.opened.set(path, content as string)
  }
  close(path: string): void {
    this.opened.delete(path)
  }
  changedOnDisk(): void {}

  async preview(): Promise<LintResult | null> {
    return null
  }

  async lint(options: Parameters<Project['lint']>[0] = {}): Promise<LintResult> {
    options.signal?.throwIfAborted()
    const found = await discover(createNodeHost(), this.root, {
      explicit: this.explicit,
      apart: this.options.apart ?? [],
      ...(this.options.maxFiles === undefined ? {} : { maxFiles: this.options.maxFiles }),
    })
    const result: LintResult = { findings: [], errors: found.errors, faults: [], files: 0, filesLinted: 0 }
    for (const path of new Set([...found.files, ...this.opened.keys()])) {
      const { paths } = options
      if (paths !== undefined && !paths.some((each) => path === each || path.startsWith(`${each}/`))) continue
      result.files++
      const text = this.opened.get(path) ?? readFileSync(join(this.root, path), 'utf8')
      if (text.startsWith('BINARY')) {
        result.errors.push({ path, message: 'cannot be decoded: this is not text' })
        continue
      }
      result.filesLinted++
      if (text.includes('FAULT')) result.faults.push({ path, message: 'rule search/grid-search: boom' })
      if (path === 'costlint.toml') {
        result.problems = [{ path, line: 2, message: 'unknown key "selct", did you mean "select"?' }]
      }
      result.findings.push(
        ...findingsOf(path, text).filter(
          (each) => this.select === undefined || this.select.includes(each.rule),
        ),
      )
    }
    return result
  }

  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const refusal = { title: 'Use a random search', refused: 'the grid is not literal' }
    if (finding.message.includes('refused')) return [refusal, { ...refusal }]
    if (!finding.message.includes('fixable')) return []
    return [{ title: 'Write 4', safety: 'safe', edits: [{ location: finding.location, newText: '4' }] }]
  }
  async why() {
    return { note: null, subjects: [] }
  }

  async survey() {
    return { findings: [], costs: [], kinds: [], rules: [], measured: [] }
  }

  async estimates(): Promise<[]> {
    return []
  }

  annotations(): never[] {
    return []
  }

  relatives(): string[] {
    return []
  }
  async cost(): Promise<[]> {
    return []
  }

  searches(): [] {
    return []
  }

  async graph() {
    const machine = { gpus: 8, gpuModel: 'A100-40GB', instanceType: 'p4d.24xlarge', region: 'us-east-1' }
    const cost = {
      onDemand: 21.96,
      spot: 8.987,
      atLeast: false,
      asOf: '2026-07-20',
      region: 'us-east-1',
      assumptions: [],
    }
    const job = {
      ...machine,
      id: 'job.slurm#job',
      path: 'job.slurm',
      line: 3,
      launcher: 'torchrun',
      nodes: 1,
      spot: null,
      cost,
      pool: { path: 'pool.tf', line: 7 },
    }
    return {
      jobs: [
        { ...job, name: 'train', script: 'train.py', unresolved: null },
        { ...job, name: 'eval "all"', line: 4, script: null, unresolved: '$SCRIPT is not known' },
      ],
      pools: [
        {
          ...machine,
          name: 'gpu',
          kind: 'node group',
          path: 'pool.tf',
          line: 7,
          minimum: 0,
          maximum: 4,
          cost,
        },
      ],
      services: [
        {
          ...machine,
          name: 'chat',
          platform: 'SageMaker',
          path: 'serve.py',
          line: 2,
          model: 'gpt2',
          replicas: 2,
          cost,
        },
      ],
    }
  }
  async dispose(): Promise<void> {}
}

export const fakeEngine: Engine = {
  open: async (root, options) => new FakeProject(root, options.explicit, options.choice.select, options),
  clean: async () => false,
  rules: async () => fakeRules,
  source: async (path, bytes) => {
    const text = new TextDecoder().decode(bytes)
    return {
      path,
      text,
      notebook: path.endsWith('.ipynb'),
      parts: parts(path, text),
      fragments: [],
      problems: [],
    }
  },
  fix: async (project, { paths }) => {
    const run: Awaited<ReturnType<Engine['fix']>> = { files: [], fixed: 0, rolledBack: [] }
    const { findings } = await project.lint(paths.includes('') ? {} : { paths: [...paths] })
    for (const finding of findings) {
      const [fix] = await project.fixes(finding)
      if (fix === undefined || 'refused' in fix) continue
      if (finding.message.includes('breaking')) {
        run.rolledBack.push({ path: finding.location.path, message: 'the file would no longer parse' })
        continue
      }
      const { path, start, end } = finding.location
      const before = readFileSync(join(project.root, path), 'utf8')
      const after = `${before.slice(0, start)}4${before.slice(end).replace(/ *#!.*/, '')}`
      run.files.push({ path, before, after, bytes: new TextEncoder().encode(after) })
      run.fixed++
    }
    return run
  },
  pages: async () => ({
    'search/grid-search': '# Grid search\n\nPays **every** `fit`.\n\n```python\nx = 1\n```\n',
  }),
  serve: async () => {},
  mcp: () => Promise.reject(new Error('not faked')),
}
