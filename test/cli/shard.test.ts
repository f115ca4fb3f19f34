/** Many projects, linted in parts and joined again. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { inFolder, runAt, writeFiles } from './here.js'

/** Each is linted twice. */
const count = 60
/** So many are only named. */
const named = 200
const parts = [1, 2, 3, 4]

/** Project `n`: every second one has a finding, every fifth a job with a price. */
function project(n: number): Record<string, string> {
  const folder = `team${n % 7}/project${n}`
  return {
    [`${folder}/costlint.toml`]: '',
    [`${folder}/tune.py`]:
      n % 2 === 0
        ? `from sklearn.svm import SVC
from sklearn.model_selection import GridSearchCV
search = GridSearchCV(SVC(), {"C": list(range(1, ${20 + (n % 9)})), "gamma": [0.1, 1, 10]}, cv=5)
search.fit(X, y)
`
        : 'print("nothing")\n',
    ...(n % 5 === 0
      ? {
          [`${folder}/endpoint.py`]: `from sagemaker.pytorch import PyTorchModel
model = PyTorchModel(model_data="s3://b/m.tar.gz", role="r", entry_point="serve.py", framework_version="2.1")
model.deploy(initial_instance_count=1, instance_type="ml.g5.xlarge", endpoint_name="e${n}")
`,
        }
      : {}),
  }
}

const files = Object.assign({}, ...Array.from({ length: count }, (_, n) => project(n))) as Record<
  string,
  string
>
const folders = Array.from({ length: named }, (_, n) => `team${n % 7}/project${n}`)

/** Sums of money come out the same to the cent, in whatever order they are made. */
function inCents(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  )
}

describe('cli/shard', function () {
  this.timeout(180_000)

  it('parts of many projects joined are the whole, in every format', () =>
    inFolder(files, async (costlint, root) => {
      const check = (...more: string[]) => costlint('check', '--exit-zero', '--quiet', ...more)
      const formats = ['json', 'jsonl', 'sarif']
      const outputs = (name: string) =>
        formats.flatMap((format) => ['--output', `${format}=outputs/${name}.${format}`])
      const sizes: number[] = []
      await check('.', '--output-format', 'concise', ...outputs('all'))
      for (const part of parts) {
        const { code } = await check(
          '.',
          '--shard',
          `${part}/4`,
          '--output-format',
          'concise',
          ...outputs(`${part}`),
        )
        assert.equal(code, 0)
        const own = JSON.parse(readFileSync(join(root, `outputs/${part}.json`), 'utf8'))
        sizes.push(own.findings.length)
      }
      // No part is empty, none has most of it.
      for (const size of sizes) assert.ok(size > 2 && size < 24, sizes.join(' '))
      for (const format of formats) {
        const { out, code } = await costlint('merge', ...parts.map((part) => `outputs/${part}.${format}`))
        assert.equal(code, 0)
        const whole = readFileSync(join(root, `outputs/all.${format}`), 'utf8')
        if (format === 'jsonl') {
          const lines = (text: string) => text.trim().split('\n')
          const end = (text: string) => inCents(lines(text).at(-1)!)
          assert.deepEqual(lines(out).slice(0, -1).sort(), lines(whole).slice(0, -1).sort())
          assert.deepEqual(end(out), end(whole))
        } else if (format === 'sarif') {
          const [merged, all] = [JSON.parse(out), JSON.parse(whole)]
          assert.equal(merged.runs.length, 1)
          assert.deepEqual(merged.runs[0].tool, all.runs[0].tool)
          const named = (results: { ruleId: string; ruleIndex: number }[]) =>
            results.map((each) => JSON.stringify(each)).sort()
          assert.deepEqual(named(merged.runs[0].results), named(all.runs[0].results))
        } else assert.deepEqual(inCents(out), inCents(whole))
      }
    }))

  it('bills of parts add up', () =>
    inFolder(files, async (costlint, root) => {
      writeFiles(root, { 'list.txt': `# all\n${folders.slice(0, count).join('\n')}\n\n./gone/\n` })
      const bill = ['cost', '--output-format', 'json']
      const whole = JSON.parse((await costlint(...bill, '.')).out)
      assert.ok(whole.jobs.length >= count / 5 && whole.total.month.usd.low > 0)
      mkdirSync(join(root, 'outputs'))
      const missing: string[] = []
      for (const part of parts) {
        const { out, err } = await costlint(...bill, '--paths-from', 'list.txt', '--shard', `${part}/4`)
        writeFiles(root, { [`outputs/${part}.json`]: out })
        missing.push(err)
      }
      assert.equal(missing.join(''), 'costlint: ./gone/: no such file or folder\n')
      const joined = JSON.parse((await costlint('merge', ...parts.map((part) => `outputs/${part}.json`))).out)
      const byId = (jobs: { id: string }[]) => [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1))
      assert.deepEqual(byId(joined.jobs), byId(whole.jobs))
      assert.deepEqual(joined.coverage, whole.coverage)
      assert.ok(Math.abs(joined.total.month.usd.low - whole.total.month.usd.low) < 1e-6)
      assert.equal(joined.total.month.entries, whole.total.month.entries)
    }))

  it('a project stays in its part when others come and go', () =>
    inFolder({ 'list.txt': folders.join('\n') }, async (costlint, root) => {
      const partOf = async () => {
        const found = new Map<string, number>()
        for (const part of parts) {
          const { out } = await costlint('shard', `${part}/4`, 'list.txt')
          for (const line of out.trim().split('\n')) {
            assert.equal(found.has(line), false)
            found.set(line, part)
          }
        }
        return found
      }
      const before = await partOf()
      assert.equal(before.size, named)
      writeFiles(root, { 'list.txt': [...folders.slice(50), 'team9/new'].join('\n') })
      const after = await partOf()
      for (const folder of folders.slice(50)) assert.equal(after.get(folder), before.get(folder))
    }))

  it('one project that is too large, or not there, does not stop the others', () =>
    inFolder(
      {
        ...project(0),
        ...project(2),
        'big/costlint.toml': '',
        'big/a.py': '',
        'big/b.py': '',
        'big/c.py': '',
      },
      async (costlint, root) => {
        writeFiles(root, { 'list.txt': 'team0/project0\nbig\ngone\nteam2/project2\n' })
        const args = ['check', '--paths-from', 'list.txt', '--max-files', '3', '--output-format', 'json']
        const { code, out } = await costlint(...args)
        const { findings, errors } = JSON.parse(out) as Record<string, { path: string; message: string }[]>
        assert.equal(code, 1)
        assert.deepEqual(
          [...new Set(findings!.map(({ path }) => path))],
          ['team0/project0/endpoint.py', 'team0/project0/tune.py', 'team2/project2/tune.py'],
        )
        assert.deepEqual(errors!.map(({ path }) => path).sort(), ['big', 'gone'])
      },
    ))

  it('says what is wrong with parts', () =>
    inFolder(
      {
        'a.json': '{"version": 1, "findings": []}',
        'b.sarif': '{"version": "2.1.0", "runs": []}',
        'c.jsonl': '{"kind":"finding"}\n',
      },
      async (_, root) => {
        const told = async (...args: string[]) => {
          const { code, err } = await runAt(root, args)
          assert.equal(code, 2)
          return err
        }
        assert.match(
          await told('merge', 'a.json', 'b.sarif'),
          /b\.sarif is a SARIF log, a\.json is a report in JSON/,
        )
        // It was stopped before it came to its end.
        assert.match(await told('merge', 'c.jsonl'), /c\.jsonl is no whole report/)
        assert.match(await told('merge', 'gone.json'), /gone\.json cannot be read/)
        assert.match(await told('check', '--shard', '5/4'), /--shard: "5\/4" is not PART\/PARTS/)
        rmSync(join(root, 'a.json'))
      },
    ))
})
