/** `costlint cost` with limits, and compared with another state of the repository. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launcher, train } from './cost-projects.js'
import { runHere } from './here.js'

describe('costlint cost', () => {
  describe('with a budget', () => {
    const files = { 'train.py': train, 'launch.py': launcher }
    const budget = (text: string) => ({ ...files, 'costlint.toml': `[budget]\n${text}\n` })

    it('ends with 3 where a run costs more than it may', async () => {
      const over = await runHere(budget('usd-per-run = 0.1'), ['cost'])
      assert.equal(over.code, 3)
      assert.match(
        over.out,
        /A run costs \$0\.21–0\.69, more than the \$0\.10 that `\[budget\] usd-per-run` allows/,
      )
      const within = await runHere(budget('usd-per-run = 5'), ['cost'])
      assert.equal(within.code, 0)
    })

    it('is a finding of check, at the job', async () => {
      const { out, code } = await runHere(budget('usd-per-run = 0.1'), ['check'])
      assert.equal(code, 3)
      assert.match(out, /error\[costlint\/budget\]: A run costs [\s\S]*--> launch\.py:3:1/)
      const maybe = await runHere(budget('usd-per-run = 0.4'), ['check'])
      assert.match(maybe.out, /warning\[costlint\/budget\]: A run may cost more/)
      const off = await runHere(budget('usd-per-run = 0.1\n[severity]\n"costlint/budget" = "off"'), ['check'])
      assert.equal(off.code, 0)
    })

    it('allows the machines that it names', async () => {
      assert.equal((await runHere(budget('machines = ["ml.g5.*"]'), ['cost'])).code, 0)
      assert.equal((await runHere(budget('machines = ["a10g"]'), ['cost'])).code, 0)
      const refused = await runHere(budget('machines = ["ml.g4dn.*", "t4"]'), ['cost'])
      assert.equal(refused.code, 3)
      assert.match(
        refused.out,
        /ml\.g5\.2xlarge is not among the machines that `\[budget\] machines` allows: ml\.g4dn\.\*, t4/,
      )
    })

    it('asks for tags', async () => {
      assert.equal((await runHere(budget('tags = true'), ['cost'])).code, 3)
      const tagged = launcher.replace(
        'role="training"',
        'role="training",\n    tags=[{"Key": "team", "Value": "nlp"}]',
      )
      assert.equal((await runHere({ ...budget('tags = true'), 'launch.py': tagged }, ['cost'])).code, 0)
    })
  })

  describe('--compare', () => {
    const commit = (root: string) => {
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          cwd: root,
          stdio: 'pipe',
        })
      git('init', '-q')
      git('add', '-A')
      git('commit', '-qm', 'first')
    }
    const files = { 'train.py': train, 'launch.py': launcher }

    it('says what the change adds', async () => {
      const { out, code } = await runHere(files, ['cost', '--compare', 'HEAD'], (root) => {
        commit(root)
        writeFileSync(join(root, 'train.py'), train.replace('num_train_epochs=3', 'num_train_epochs=30'))
      })
      assert.equal(code, 0)
      assert.match(out, /^~ launch\.py:3 train\.py: ml\.g5\.2xlarge, .* a run, was .*\(adds \$1\.60–/)
      assert.match(out, /\nAgainst HEAD this adds \$1\.60–\S+ for a run of each job\.\n$/)
    })

    it('says what came and went, also as Markdown and JSON', async () => {
      const change = (root: string) => {
        commit(root)
        writeFileSync(join(root, 'launch.py'), 'x = 1\n')
        writeFileSync(join(root, 'jobs.py'), launcher.replace('ml.g5.2xlarge', 'ml.g4dn.xlarge'))
      }
      const text = await runHere(files, ['cost', '--compare', 'HEAD'], change)
      assert.match(text.out, /^- launch\.py:3 train\.py: gone, was /m)
      assert.match(text.out, /^\+ jobs\.py:3 train\.py: new, /m)
      const markdown = await runHere(
        files,
        ['cost', '--compare', 'HEAD', '--output-format', 'markdown'],
        change,
      )
      assert.match(markdown.out, /^Against HEAD this /)
      const json = await runHere(files, ['cost', '--compare', 'HEAD', '--output-format', 'json'], change)
      assert.equal(JSON.parse(json.out).changes.length, 2)
    })

    it('says so where nothing changed', async () => {
      const { out } = await runHere(files, ['cost', '--compare', 'HEAD'], commit)
      assert.equal(out, 'The bill is the same as at HEAD.\n')
    })

    it('starts nothing that the repository names, also where objects are missing', async () => {
      let started = ''
      await runHere(files, ['cost', '--compare', 'HEAD'], (root) => {
        commit(root)
        started = `${root}-started`
        const git = (...args: string[]) =>
          execFileSync('git', args, { cwd: root, stdio: 'pipe' }).toString().trim()
        git('config', 'remote.origin.url', `ext::touch ${started.replaceAll(' ', '% ')}`)
        git('config', 'remote.origin.promisor', 'true')
        git('config', 'extensions.partialClone', 'origin')
        git('config', 'core.repositoryFormatVersion', '1')
        git('config', 'protocol.ext.allow', 'always')
        const id = git('rev-parse', 'HEAD:train.py')
        rmSync(join(root, '.git', 'objects', id.slice(0, 2), id.slice(2)))
      })
      const isStarted = existsSync(started)
      rmSync(started, { force: true })
      assert.equal(isStarted, false)
    })

    it('refuses what git does not know', async () => {
      const { err, code } = await runHere(files, ['cost', '--compare', 'nowhere'], commit)
      assert.equal(code, 2)
      assert.match(err, /--compare: git cannot read "nowhere"/)
    })
  })
})
