/**
 * A project with a tiny engine of its own, so that the protocol is tested without the linter: the word `waste` is a
 * finding, unless a file that says `covers: <path>` stands beside it. `fault` makes it throw.
 */

import type { Annotation } from '../../server/src/annotations/annotations.js'
import type { Finding } from '../../server/src/finding.js'
import type {
  CellText,
  Explanation,
  LintOptions,
  LintResult,
  OfferedFix,
  Project,
  WhyQuery,
} from '../../server/src/linter.js'

export interface FakeDisk {
  files: Map<string, string>
  /** So many files that open ones are answered first, with nothing but `waste`. */
  large?: boolean
  /** Holds back the reading of a large one until it resolves. */
  gate?: Promise<void>
}

const severities = { waste: 'warning', loss: 'error', maybe: 'information', note: 'hint' } as const

export class FakeProject implements Project {
  private readonly open_ = new Map<string, string | CellText[]>()
  disposed = false
  /** Calls of `lint`, with the paths asked for. */
  readonly lints: (string[] | undefined)[] = []
  /** Holds `lint` back until it resolves. */
  gate: Promise<void> | undefined
  /** Called when a lint has seen the texts; what it returns holds the answer back. */
  seen: (() => Promise<void>) | undefined

  constructor(
    readonly root: string,
    private readonly disk: FakeDisk,
    readonly ignore: string[] = [],
  ) {}

  /** What the client said of notebooks, by path. */
  readonly metadata = new Map<string, unknown>()

  open(path: string, content: string | CellText[], metadata?: unknown): void {
    this.open_.set(path, content)
    this.metadata.set(path, metadata)
  }

  close(path: string): void {
    this.open_.delete(path)
  }

  changedOnDisk(): void {}

  private texts(path: string): { cell: number | null; text: string }[] {
    const content = this.open_.get(path) ?? this.disk.files.get(path)
    if (content === undefined) return []
    if (typeof content !== 'string') return content.map(({ text }, cell) => ({ cell, text }))
    if (path.endsWith('.ipynb')) {
      const notebook = JSON.parse(content) as { cells: { source: string | string[] }[] }
      return notebook.cells.map(({ source }, cell) => ({ cell, text: [source].flat().join('') }))
    }
    return [{ cell: null, text: content }]
  }

  private paths(): string[] {
    return [...new Set([...this.disk.files.keys(), ...this.open_.keys()])].sort()
  }

  private covering(path: string): string[] {
    return this.paths().filter((one) => this.texts(one).some(({ text }) => text.includes(`covers: ${path}`)))
  }

  async lint(options: LintOptions = {}): Promise<LintResult> {
    this.lints.push(options.paths)
    await this.gate
    if (this.disk.large === true && !this.isRead) {
      options.onProgress?.({ done: 1_240, total: 2_221 })
      const off = new Promise<void>((_, reject) => {
        options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
      })
      await Promise.race([this.disk.gate, off])
      this.isRead = true
    }
    const paths = options.paths ?? this.paths()
    const findings: Finding[] = []
    const faults: LintResult['faults'] = []
    for (const [index, path] of paths.entries()) {
      if (options.signal?.aborted) throw options.signal.reason
      options.onProgress?.({ done: index + 1, total: paths.length })
      if (this.covering(path).length > 0) continue
      for (const { cell, text } of this.texts(path)) {
        if (text.includes('explode')) throw new Error('the engine exploded')
        if (text.includes('broken rule')) faults.push({ path, message: `a rule broke in ${path}` })
        findings.push(...this.findingsIn(path, cell, text))
      }
    }
    await this.seen?.()
    return {
      findings,
      errors: [],
      faults,
      files: paths.length,
      filesLinted: paths.length,
      problems: this.problems(),
    }
  }

  /** `wrong` on a line of the configuration file is no configuration. */
  private problems(): NonNullable<LintResult['problems']> {
    const path = 'costlint.toml'
    const lines = this.texts(path).flatMap(({ text }) => text.split('\n'))
    return lines.flatMap((line, index) =>
      line === 'wrong' ? [{ path, line: index + 1, message: 'unknown key "wrong"' }] : [],
    )
  }

  private isRead = false

  async preview(paths: readonly string[]): Promise<LintResult | null> {
    if (this.disk.large !== true || this.isRead) return null
    const findings = paths.flatMap((path) =>
      this.texts(path).flatMap(({ cell, text }) => this.findingsIn(path, cell, text)),
    )
    const first = findings.filter(({ rule }) => rule === 'fake/waste')
    return { findings: first, errors: [], faults: [], files: paths.length, filesLinted: paths.length }
  }

  private findingsIn(path: string, cell: number | null, text: string): Finding[] {
    const found: Finding[] = []
    const related = this.paths()
      .filter((one) => this.texts(one).some((part) => part.text.includes(`launches: ${path}`)))
      .map((one) => ({ location: { path: one, cell: null, start: 0, end: 4 }, message: 'launched here' }))
    for (const match of text.matchAll(/\b(waste|loss|maybe|note)\b/g)) {
      const rule = `fake/${match[1]}`
      if (this.ignore.includes(rule)) continue
      found.push({
        rule,
        reader: 'fake',
        severity: severities[match[1] as keyof typeof severities],
        confidence: 'high',
        message: `${match[1]} found${text.includes('evil') ? ` in ${path}` : ''}`,
        location: { path, cell, start: match.index, end: match.index + match[0].length },
        checklist: ['waste/stop-weak-trials'],
        saving: { fraction: [0.3, 0.5], usd: null, basis: 'half of it is not needed' },
        related,
        fingerprint: `${rule}-${cell}-${found.length}`,
        requests: [],
      })
    }
    return found
  }

  async fixes(finding: Finding): Promise<OfferedFix[]> {
    const { location, rule } = finding
    const replace = (newText: string) => [{ location, newText }]
    if (rule === 'fake/loss') return [{ title: 'Stop the loss', refused: 'nobody knows how' }]
    if (rule === 'fake/maybe') {
      const elsewhere = { path: 'job.sh', cell: null, start: 0, end: 0 }
      return [
        {
          title: 'Change both files',
          safety: 'unsafe',
          edits: [...replace('sure'), { location: elsewhere, newText: '# sure\n' }],
        },
      ]
    }
    return [
      { title: 'Sketch of a gain', safety: 'display', edits: replace('sketch') },
      { title: 'Make it a gain', safety: 'safe', edits: replace('gain') },
      { title: 'Drop it', safety: 'unsafe', edits: replace('') },
    ]
      .filter((fix) => rule === 'fake/waste' || fix.safety !== 'display')
      .sort((a, b) => order(a.safety) - order(b.safety)) as OfferedFix[]
  }

  async why({ path, cell, line }: WhyQuery): Promise<Explanation> {
    const place = { path, cell: cell ?? null, line: line ?? 1 }
    if (path.includes('empty')) return { note: 'nothing is there', subjects: [] }
    return {
      note: null,
      subjects: [
        {
          ...place,
          endLine: place.line,
          kind: 'Training',
          reader: 'fake',
          evidence: { role: 'training', accelerator: 'gpu', small: null, notebook: false },
          note: null,
          job: null,
          launches: [],
          settings: [
            {
              setting: 'precision',
              key: 'a|b',
              state: 'unknown',
              value: null,
              because: '**kwargs',
              when: null,
              channel: 'code',
              overridable: false,
              option: null,
              place,
              launches: null,
            },
          ],
          unseen: [],
          rules: [
            {
              rule: 'fake/waste',
              verdict: 'silent',
              findings: [],
              reasons: [{ text: '[no](http://link) `precision`' }],
            },
            {
              rule: 'fake/note',
              verdict: 'silent',
              findings: [],
              reasons: [{ text: 'another kind', besideThePoint: true }],
            },
          ],
        },
      ],
    }
  }

  /** `$3` is a machine with that price, a line `job $3` a job as well. */
  async survey() {
    const { findings } = await this.lint({})
    const placed = findings.map((finding) => ({ finding, path: finding.location.path, line: 1 }))
    return { findings: placed, costs: [], kinds: [], rules: [], measured: [] }
  }

  async estimates(): Promise<[]> {
    return []
  }

  annotations(path: string): Annotation[] {
    return this.texts(path).flatMap(({ cell, text }) =>
      [...text.matchAll(/(job )?(\$\d+)/g)].flatMap((match) => {
        const [all, job, price] = match
        const end = match.index + all.length
        const location = { path, cell, start: end - price!.length, end }
        const machine: Annotation = {
          kind: 'machine',
          location,
          label: `${price}/h`,
          details: `**${price}** an hour`,
        }
        const above: Annotation = { ...machine, kind: 'job', label: `${price}/h on demand` }
        return job === undefined ? [machine] : [above, machine]
      }),
    )
  }

  relatives(path: string): string[] {
    const covered = this.texts(path).flatMap(({ text }) =>
      [...text.matchAll(/covers: (\S+)/g)].map((m) => m[1]!),
    )
    return [path, ...covered, ...this.covering(path)]
  }

  async cost(): Promise<[]> {
    return []
  }

  searches(): [] {
    return []
  }

  async graph() {
    return { jobs: [], pools: [], services: [] }
  }

  async dispose(): Promise<void> {
    this.disposed = true
  }
}

function order(safety: string): number {
  return ['safe', 'unsafe', 'display'].indexOf(safety)
}
