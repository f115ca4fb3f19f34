import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Finding } from '../../server/src/finding.js'
import type { CostEntry } from '../../server/src/linter.js'
import { collectReport, type Places, type ReportSource } from '../../server/src/report/collect.js'
import type { ReportData } from '../../server/src/report/data.js'
import { htmlReport } from '../../server/src/report/html.js'
import { markdownReport } from '../../server/src/report/markdown.js'

function finding(changes: Partial<Finding>): Finding {
  return {
    rule: 'precision/full-precision',
    reader: 'pytorch',
    severity: 'warning',
    confidence: 'high',
    message: 'Trains in fp32. It is slow.',
    location: { path: 'train.py', cell: null, start: 40, end: 50 },
    checklist: ['model/mixed-precision'],
    saving: null,
    related: [],
    fingerprint: 'f',
    requests: [],
    ...changes,
  }
}

const job: CostEntry = {
  kind: 'job',
  id: 'job.yaml#0',
  name: 'nightly',
  ...{ path: 'job.yaml', cell: null, line: 3, scripts: ['train.py'] },
  ...{ instanceType: 'p4d.24xlarge', gpuModel: 'A100-40GB', gpus: 8, machines: 2, spot: false },
  ...{ region: 'us-east-1', per: 'run', usdPerHour: { low: 20, high: 20 }, hours: { low: 5, high: 10 } },
  ...{
    usd: { low: 100, high: 200 },
    ofSamples: null,
    lines: [],
    saving: { low: 30, high: 80 },
    state: 'priced',
  },
  schedule: null,
  ...{ unknown: ['how long <it> takes'], assumptions: ['a list price'], budget: [] },
}

const usd = (low: number, high: number) => ({
  range: [low, high] as [number, number],
  per: 'run' as const,
  asOf: '',
  region: '',
})

const source: ReportSource = {
  findings: [
    finding({ fingerprint: 'unknown' }),
    finding({ fingerprint: 'share', saving: { fraction: [0.2, 0.4], usd: null, basis: 'b' } }),
    finding({
      ...{ fingerprint: 'dear', billed: job.id, message: '<b>`x` | y</b>' },
      saving: { fraction: [0.3, 0.4], usd: usd(30, 80), basis: 'b' },
    }),
    finding({
      ...{ fingerprint: 'second', billed: job.id, rule: 'model/other', severity: 'hint' },
      saving: { fraction: [0.5, 0.5], usd: usd(50, 100), basis: 'b' },
    }),
  ],
  costs: [job],
  searches: [
    {
      location: { path: 'tune.ipynb', cell: 3, start: 0, end: 4 },
      ...{ formula: '4 × 5 = 20', total: 100, lowerBound: false, unit: 'fit', isGrid: true },
    },
  ],
  memory: [
    {
      ...{
        path: 'train.py',
        cell: null,
        line: 7,
        model: 'resnet50',
        parameters: 1,
        job: null,
        inputs: [],
        missing: [],
      },
      memory: { items: [], moment: 'before the first gradient', low: 8e9, expected: 10e9, high: 12e9 },
      machine: {
        ...{ type: null, gpu: 'A100-40GB', gpus: 8, usable: 40e9, verdict: 'fits', step: null, price: null },
        ...{ ways: [], enough: null },
      },
    },
  ],
  files: 9,
  filesLinted: 4,
}

const places: Places = {
  at: async ({ path, cell }) => ({ path, cell, line: 2, column: 5 }),
  line: (path, cell, line) => ({ path, cell, line, column: 1 }),
}

function collected(): Promise<ReportData> {
  return collectReport([{ source, places }], { title: 'a <project>', version: '1.2.3', date: '2026-11-27' })
}

describe('the report', () => {
  it('puts what saves most first: money, then shares, then what is not known', async () => {
    const { findings } = await collected()
    assert.deepEqual(
      findings.map(({ fingerprint, saving }) => [fingerprint, saving]),
      [
        ['second', '$50–100 a run'],
        ['dear', '$30–80 a run'],
        ['share', '20–40 %'],
        ['unknown', null],
      ],
    )
  })

  it('does not add up what two findings of one section save of one job', async () => {
    const { sections, totals, saving } = await collected()
    assert.deepEqual(
      sections.map(({ title, findings, run }) => [
        title,
        findings,
        Math.round(run!.low),
        Math.round(run!.high),
      ]),
      [['Model', 4, 65, 140]],
    )
    assert.deepEqual(totals, ['One run of 1 job: $100–200, of which $30–80 can be saved.'])
    assert.equal(saving, '$30–80')
  })

  it('is a page that fetches nothing, runs nothing, and shows names as they are', async () => {
    const html = htmlReport(await collected(), { link: ({ path, line }) => `${path}#L${line}` })
    assert.match(
      html,
      /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"/,
    )
    assert.doesNotMatch(html, /<script|<img|https?:|<b>|<project>|<it>/)
    assert.match(html, /&#60;b&#62;<code>x<\/code> \| y/)
    assert.match(html, /<a class="place" href="train\.py#L2">/)
    assert.match(html, /3 findings and 1 hint in 1 of 9 files/)
    for (const title of [
      'Bill by job',
      'Waste by section of the checklist',
      'Largest grids',
      'Use of GPU memory',
    ])
      assert.match(html, new RegExp(`<h2 id="\\w+">${title}</h2>`))
  })

  it('tells each chart in words', async () => {
    const html = htmlReport(await collected())
    assert.match(html, /<svg role="img"[^>]*aria-label="Cost of a run in USD: nightly \$100–200 a run"/)
    assert.match(html, /aria-label="Memory that a training needs on one device: train\.py:7 10 GB of 40 GB"/)
    assert.match(html, /aria-label="Fits or runs of each grid: tune\.ipynb:cell 3:2 100 fits"/)
  })

  it('lets nothing run in an editor but its own script', async () => {
    const html = htmlReport(await collected(), { view: { nonce: 'n0nce', script: 'go()' } })
    assert.match(
      html,
      /default-src &#39;none&#39;; style-src &#39;nonce-n0nce&#39;; script-src &#39;nonce-n0nce&#39;/,
    )
    assert.match(html, /<script nonce="n0nce">go\(\)<\/script>/)
    assert.doesNotMatch(html, / style="/)
  })

  it('lets no name out of its place, whatever file, job, model or message is called', async () => {
    const hostile = [
      '</script><script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onclick='alert(1)",
      '</title><meta http-equiv="Content-Security-Policy" content="default-src *">',
      '<style>*{background:url(https://example.com)}</style>',
      '--><script>alert(1)</script><!--',
      '${alert(1)}</svg><svg onload=alert(1)>',
      'javascript:alert(1)',
      '\u2028\u2029\n\0',
    ].join(' ')
    const data = await collectReport(
      [
        {
          source: {
            ...source,
            findings: source.findings.map((one) => ({
              ...one,
              message: hostile,
              location: { ...one.location, path: hostile },
            })),
            costs: [{ ...job, name: hostile, path: hostile, instanceType: hostile, region: hostile }],
            searches: source.searches.map((one) => ({ ...one, formula: hostile })),
            memory: source.memory.map((one) => ({ ...one, path: hostile, model: hostile })),
          },
          places,
        },
      ],
      { title: hostile, version: hostile, date: hostile },
    )
    const link = ({ path }: { path: string }) =>
      `command:reveal?${encodeURIComponent(JSON.stringify([path]))}`
    const html = htmlReport(data, { link, view: { nonce: 'n0nce', script: 'go()' } })
    const tags = [...html.matchAll(/<([a-z]+)([^<>]*)>/gi)].map(([, tag, attributes]) => [
      tag!.toLowerCase(),
      // What stands in quotes is text.
      attributes!.replace(/"[^"]*"/g, '""'),
    ])
    const named = (name: string) => tags.filter(([tag]) => tag === name)
    assert.deepEqual(named('script'), [['script', ' nonce=""']])
    assert.deepEqual(named('style'), [['style', ' nonce=""']])
    const policies = named('meta').filter(([, attributes]) => attributes!.includes('http-equiv'))
    assert.deepEqual([named('img').length, named('title').length, policies.length], [0, 1, 1])
    assert.deepEqual(
      tags.filter(([, attributes]) => /(^|\s)(on\w+|style|src)\s*=/i.test(attributes!)),
      [],
    )
    for (const [, target] of html.matchAll(/href="([^"]*)"/g))
      assert.match(target!, /^(command:reveal\?|#|https:)/)
    assert.ok(html.includes('&#60;/script&#62;'))
  })

  it('is Markdown as well', async () => {
    const markdown = markdownReport(await collected())
    assert.match(markdown, /^# Cost report: a \\<project\\>\n/)
    assert.match(
      markdown,
      /\| \$30–80 a run \| \\<b\\>`x` \\\| y\\<\/b\\> \(precision\/full-precision\) \| `train\.py:2` \|/,
    )
    assert.match(markdown, /Not shown: 1 hint\./)
    assert.match(
      markdown,
      /\| nightly \| 2 × p4d\.24xlarge \| 5–10 h \| \$100–200 a run \| \$30–80 \| `job\.yaml:3` \|/,
    )
  })
})
