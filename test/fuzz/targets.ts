/** What is tried: each target makes cases, and says what must hold for each of them. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isChecklist, newDocument, updatedDocument } from '../../server/src/checklist/document.js'
import { items } from '../../server/src/checklist/items.js'
import { tomlFacts } from '../../server/src/config/toml.js'
import { readConfigurationFile } from '../../server/src/host/configuration-file.js'
import { readMeasurements } from '../../server/src/measured/read.js'
import { readStore, writtenStore } from '../../server/src/measured/store.js'
import { fixableProject } from '../../server/src/project/fixable.js'
import { applyFixes } from '../../server/src/results/apply-fixes.js'
import { rules } from '../../server/src/rules/index.js'
import { type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'
import type { Location } from '../../server/src/text/location.js'
import { writeNotebook } from '../../server/src/text/notebook.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { memoryHost } from '../cases/memory-host.js'
import { percentToNotebook } from '../cases/notebook.js'
import { isBroken } from '../cases/syntax-check.js'
import { assertSound } from '../robustness/sound.js'
import { training } from '../robustness/sources.js'
import { damaged, type Files, filesAfter } from './edits.js'
import { findingsOf, spelled, withProject } from './linted.js'
import { measurement } from './measurements.js'
import { protocol } from './protocol.js'
import { commandLine } from './shell.js'

export interface Target {
  name: string
  property: fc.IAsyncProperty<unknown>
}

export async function targets(projects: readonly Files[]): Promise<Target[]> {
  const grammars = await loadGrammars(await memoryHost(new Map()).grammarSource(), ['toml'])
  const target = <T>(name: string, cases: fc.Arbitrary<T>, holds: (given: T) => Promise<void>): Target => ({
    name,
    property: fc.asyncProperty(cases, holds) as fc.IAsyncProperty<unknown>,
  })
  const any = damaged(projects.length)
  return [
    target('findings lie inside the text', any, async (given) => {
      const files = filesAfter(given, projects)
      await withProject(files, (project) => assertSound(project, files))
    }),
    target(
      'prefixes are linted',
      fc.tuple(any, fc.double({ min: 0, max: 1, noNaN: true })),
      async ([given, share]) => {
        const files = new Map(
          [...filesAfter(given, projects)].map(([path, text]) => [
            path,
            text.slice(0, Math.floor(share * text.length)),
          ]),
        )
        await withProject(files, (project) => assertSound(project, files, false))
      },
    ),
    target('the order of files does not matter', any, async (given) => {
      const files = filesAfter(given, projects)
      assert.deepEqual(await findingsOf(new Map([...files].reverse())), await findingsOf(files))
    }),
    target('typing ends where reading begins', fc.tuple(any, any), async ([first, second]) => {
      const before = filesAfter(first, projects)
      const after = filesAfter({ ...second, project: first.project }, projects)
      const typed = await withProject(before, async (project) => {
        await project.lint()
        for (const [path, text] of after) project.open(path, text)
        return (await project.lint()).findings.map(spelled)
      })
      const read = await withProject(before, async (project) => {
        for (const [path, text] of after) project.open(path, text)
        return (await project.lint()).findings.map(spelled)
      })
      assert.deepEqual(typed, read)
    }),
    target(
      'fixes end, break nothing, and have nothing left to do',
      fc.tuple(damaged(projects.length, 2), fc.boolean()),
      async ([given, unsafe]) => {
        await fixed(filesAfter(given, projects), unsafe)
      },
    ),
    target(
      'a blank line above moves what is said, and the fixes',
      damaged(projects.length, 2),
      async (given) => {
        const files = filesAfter(given, projects)
        const moved = new Map(
          [...files].map(([path, text]) => [path, mayMove(path, text) ? `\n${text}` : text]),
        )
        const shift = (path: string) => moved.get(path)!.length - files.get(path)!.length
        assert.deepEqual(await told(moved, shift), await told(files, () => 0))
      },
    ),
    target('notebooks keep what is not changed', fc.tuple(any, any), async ([given, other]) => {
      const [script, text] = [given, other].map((one) => [...filesAfter(one, projects).values()][0]!)
      roundTrip(percentToNotebook(script!), text!)
    }),
    target('a notebook says what its script says', damaged(projects.length, 2), async (given) => {
      await sameInNotebook(filesAfter(given, projects))
    }),
    target('configuration is read, or what is wrong with it is told', configuration(), async (text) =>
      configured(text, grammars),
    ),
    target('command lines are read', fc.array(commandLine, { maxLength: 5 }), async (lines) => {
      const files = new Map([
        ['train.py', training],
        ['job.slurm', `#!/bin/bash\n#SBATCH --gres=gpu:1\n${lines.join('\n')}\n`],
        ['Makefile', `train:\n\t${lines.join('\n\t')}\n`],
      ])
      await withProject(files, (project) => assertSound(project, files, false))
    }),
    target('measurements are taken, or refused with a reason', measurement, async (text) => {
      let records: ReturnType<typeof readMeasurements>
      try {
        records = readMeasurements('given', text)
      } catch (error) {
        assert.ok(error instanceof Error && error.constructor === Error, String(error))
        return
      }
      assert.deepEqual(readStore(writtenStore(records)).length, new Set(records.map(({ id }) => id)).size)
    }),
    target(
      'the checklist keeps what people wrote',
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.string({ unit: 'binary' })), {
        maxLength: 5,
      }),
      async (notes) => checklist(notes),
    ),
    target('the server says in the end what a new one would', protocol.cases, protocol.holds),
  ]
}

async function fixed(files: Files, unsafe: boolean): Promise<void> {
  await withProject(files, async (project) => {
    const host = memoryHost(files)
    const first = await applyFixes(fixableProject(project, host), { paths: [''], unsafe })
    for (const { path, before, after } of first.files) {
      if (!(await isBroken(path, before)))
        assert.ok(!(await isBroken(path, after)), `${path} is broken by a fix:\n${after}`)
    }
    const left = new Map(files)
    for (const { path, after } of first.files) left.set(path, after)
    await withProject(left, async (again) => {
      const second = await applyFixes(fixableProject(again, memoryHost(left)), { paths: [''], unsafe })
      assert.deepEqual(
        second.files.map(({ path, before, after }) => ({ path, before, after })),
        [],
        'a second run changes more',
      )
    })
  })
}

/** What stands first in a script or a notebook has a meaning there; YAML of many documents begins anywhere. */
function mayMove(path: string, text: string): boolean {
  return /\.(py|ya?ml|toml)$/.test(path) && !/^(#!|%|\ufeff|#.*(coding|%%|Databricks))|^\s*$/.test(text)
}

/** Findings and fixes, each place as many characters further up. */
async function told(files: Files, shift: (path: string) => number): Promise<string[]> {
  const at = ({ path, start, end }: Location) => `${path} ${start - shift(path)}–${end - shift(path)}`
  return withProject(files, async (project) => {
    const lines: string[] = []
    for (const finding of (await project.lint()).findings) {
      const fixes = (await project.fixes(finding)).map((fix) =>
        'refused' in fix
          ? fix.refused
          : `${fix.title}: ${fix.edits.map(({ location, newText }) => `${at(location)} ${newText}`).join('; ')}`,
      )
      const { rule, severity, message, fingerprint, location } = finding
      lines.push([at(location), severity, rule, fingerprint, message, ...fixes].join(' | '))
    }
    return lines.sort()
  })
}

/** Of each cell in turn: it says what was written, and all others what they said. */
function roundTrip(json: string, text: string): void {
  const texts = (notebook: string) =>
    new Map(sourceFile('tune.ipynb', notebook).parts.map(({ cell, text }) => [cell!, text]))
  const before = texts(json)
  for (const cell of before.keys()) {
    const written = writeNotebook(json, new Map([[cell, text]]))
    assert.ok(written !== undefined)
    assert.deepEqual(texts(written), new Map(before).set(cell, text))
    assert.equal(writeNotebook(written, new Map([[cell, before.get(cell)!]])), json)
  }
}

/** Rules that judge work in notebooks by other measures: a person sits before them, and what a cell made stays in memory. */
const ofNotebooks =
  /^(lifecycle\/.*|observability\/no-tracking|data\/setup-on-gpu-time|scaling\/fixed-endpoint|compute\/(multi-gpu-notebook|gpu-for-data-prep))$/

/** The first script, once as it is and once in one cell. */
async function sameInNotebook(files: Files): Promise<void> {
  const script = [...files].find(([path]) => path.endsWith('.py'))
  // IPython reads more than Python does, and no launch hands a notebook flags: only what both read is compared.
  if (
    script === undefined ||
    !/^(import|from) /m.test(script[1]) ||
    /^[ \t\ufeff]+\S*\n+(?=\S)|^\s*[%!#]|^(async )?(def|class)\b|^\w+$|argparse|CLI|click|typer|hydra|\bfire\b|absl|argv|environ|\0|\ud800/m.test(
      script[1],
    ) ||
    (await isBroken(script[0], script[1]))
  )
    return
  const named = async (path: string, text: string) =>
    withProject(new Map([[path, text]]), async (project) =>
      (await project.lint()).findings
        .filter(({ rule, message }) => !ofNotebooks.test(rule) && !/ at every start /.test(message))
        .map(({ rule, location: { start, end } }) => `${rule} ${start}–${end}`)
        .sort(),
    )
  // A notebook is run; a module that nothing runs may be given elsewhere what it lacks.
  const source = `${script[1]}\nif __name__ == '__main__':\n    pass\n`
  const notebook = JSON.stringify({
    cells: [{ cell_type: 'code', metadata: {}, execution_count: null, outputs: [], source }],
    metadata: { kernelspec: { name: 'python3', language: 'python', display_name: 'Python 3' } },
    nbformat: 4,
    nbformat_minor: 5,
  })
  assert.deepEqual(await named('script.ipynb', notebook), await named('script.py', source))
}

function configuration(): fc.Arbitrary<string> {
  const key = fc.constantFrom(
    'select',
    'ignore',
    'include',
    'exclude',
    'severity',
    'search',
    'hardware',
    'default',
    'prices',
    'runs',
    'path',
    'hours',
    'samples',
    'budget',
    'suppress',
    'overrides',
    'money',
    'fail-on',
    'warning',
    '__proto__',
    'constructor',
    'extends',
  )
  const value = fc.oneof(
    fc.constantFrom(
      'true',
      'nan',
      '-inf',
      '1e400',
      '"search/*"',
      '["data"]',
      '[]',
      '{ a = 1 }',
      '"A100-80GB"',
      '1979-05-27',
      "'''\n'''",
      '-3',
    ),
    fc.double().map(String),
    fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  )
  const line = fc.oneof(
    fc.tuple(key, value).map(([name, one]) => `${name} = ${one}`),
    key.map((name) => `[${name}]`),
    key.map((name) => `[[${name}]]`),
    fc.tuple(key, key).map(([a, b]) => `[${a}.${b}]`),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  return fc.array(line, { maxLength: 12 }).map((lines) => lines.join('\n'))
}

function configured(text: string, grammars: Grammars): void {
  const { problems } = readConfigurationFile('costlint.toml', text, tomlFacts(text, grammars), {
    rules: rules.map(({ name }) => name),
    hardware: ['A100-80GB'],
  })
  const lines = text.split(/\r\n|\n|\r/).length
  for (const { line, message } of problems) {
    assert.ok(Number.isInteger(line) && line >= 1 && line <= lines + 1, `line ${line} of ${lines}`)
    assert.ok(message !== '')
  }
}

const emptyState = { summary: [], baseline: new Map(), items: new Map(items.map(({ id }) => [id, [id]])) }
const fresh = newDocument(emptyState)

function checklist(notes: readonly (readonly [number, string])[]): void {
  let text = fresh
  for (const [at, note] of notes) {
    const lines = text.split('\n')
    lines.splice(Math.floor(at * lines.length), 0, note.replace(/[\r\n]/g, ' '))
    text = lines.join('\n')
  }
  if (!isChecklist(text)) return
  const once = updatedDocument(text, emptyState).text
  assert.equal(updatedDocument(once, emptyState).text, once)
}
