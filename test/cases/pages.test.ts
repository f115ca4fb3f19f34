/** Every page of every rule: its form, and its cases as tests. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fixLevels } from '../../scripts/rule-index.js'
import { checklistItem } from '../../server/src/checklist/items.js'
import { openProject } from '../../server/src/project/workspace.js'
import { rules } from '../../server/src/rules/index.js'
import { type Page, parsePage } from './format.js'
import { runCase } from './runner.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders = { page: 'docs/rules', cases: 'test/rules' } as const

/** The sections of a rule's page after its opening paragraph, in this order; others may stand between them. */
const requiredSections = ['Examples', 'Keys', 'Why it costs', 'When not to follow it', 'Options', 'Checklist']

/** Pages about pages. */
const lists = ['README.md', 'index.md']

function markdownFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return markdownFiles(path)
    return entry.name.endsWith('.md') && !lists.includes(entry.name) ? [path] : []
  })
}

function read(folder: string): Map<string, Page> {
  const base = join(root, folder)
  return new Map(
    markdownFiles(base)
      .sort()
      .map((path) => [
        relative(base, path).replace(/\\/g, '/').replace(/\.md$/, ''),
        parsePage(readFileSync(path, 'utf8')),
      ]),
  )
}

/** The cases of a rule may be split: `lifecycle/no-deadline/slurm` holds some of `lifecycle/no-deadline`. */
const ruleOf = (name: string): string => name.split('/').slice(0, 2).join('/')

function checkSections(page: Page): void {
  const opening = page.sections[0]
  assert.ok(opening?.level === 1 && opening.prose.trim() !== '', 'the page does not open with a paragraph')
  const titles = page.sections.filter((section) => section.level === 2).map((section) => section.title)
  let at = -1
  for (const required of requiredSections) {
    const found = titles.indexOf(required)
    assert.ok(found >= 0, `no section "${required}"`)
    assert.ok(found > at, `the section "${required}" stands too early`)
    at = found
    if (required === 'Examples') continue
    const prose = page.sections.find((section) => section.level === 2 && section.title === required)!.prose
    assert.ok(prose.trim() !== '', `the section "${required}" says nothing`)
  }
}

const pages = read(folders.page)
const cases = read(folders.cases)

describe('rules and their pages', () => {
  for (const rule of rules) {
    it(`${rule.name} has a page with every section and examples that run`, () => {
      const page = pages.get(rule.name)
      assert.ok(page, `${folders.page}/${rule.name}.md is missing`)
      checkSections(page)
      const examples = page.cases.filter((one) => one.title.startsWith('Examples'))
      assert.ok(
        examples.some((one) => one.marks.length > 0),
        'no example shows a finding',
      )
      const text = page.sections.find((section) => section.title === 'Checklist')!.prose
      for (const item of rule.checklist) {
        assert.ok(checklistItem(item), `unknown checklist item ${item}`)
        assert.ok(text.includes(item), `the page does not name its checklist item ${item}`)
      }
      assert.ok(rule.checklist.length > 0, 'the rule carries out no checklist item')
    })

    it(`${rule.name} has cases that find something and cases that do not`, () => {
      const own = [...cases.values()].filter((page) => page.rule === rule.name).flatMap((page) => page.cases)
      assert.ok(own.length > 0, `${folders.cases}/${rule.name}.md is missing`)
      assert.ok(
        own.some((one) => one.marks.length > 0),
        'no case has a finding',
      )
      assert.ok(
        own.some((one) => one.marks.length === 0),
        'no case has none',
      )
    })
  }

  it('every page belongs to a rule', () => {
    const known = new Set(rules.map((rule) => rule.name))
    const strangers = [...pages.keys(), ...[...cases.keys()].map(ruleOf)].filter((name) => !known.has(name))
    assert.deepEqual(strangers, [])
  })
})

for (const [folder, read] of [
  [folders.page, pages],
  [folders.cases, cases],
] as const) {
  for (const [name, page] of read) {
    describe(`${folder}/${name}.md`, () => {
      it('is well formed', () => {
        assert.deepEqual(page.problems, [])
        assert.equal(page.rule, ruleOf(name), 'the title names the rule')
      })
      for (const one of page.cases) {
        it(`line ${one.line}: ${one.title}`, async () => {
          const offered = await runCase(ruleOf(name), one, (root, host) => openProject(root, host))
          if (folder !== folders.page) return
          const levels = fixLevels(readFileSync(join(root, folder, `${name}.md`), 'utf8'))
          for (const safety of offered) {
            const level = safety === 'display' ? 'sketch' : safety
            assert.ok(levels.includes(level), `the page does not speak of fixes that are ${level}`)
          }
        })
      }
    })
  }
}
