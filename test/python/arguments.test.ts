/** Arguments of the program: their defaults, and what a launch makes of them. */
import assert from 'node:assert/strict'
import { analyse, argument, callNamed, launch } from './analyse.js'

const parser = (options: string): string =>
  `import argparse\nparser = argparse.ArgumentParser()\n${options}\nargs = parser.parse_args()\n`
const workers = parser("parser.add_argument('-j', '--num-workers', type=int, default=4)")

async function folded(text: string, bound?: ReturnType<typeof launch>) {
  const analysis = await analyse(text, bound === undefined ? {} : { binding: bound })
  const found = analysis.argument(callNamed(analysis, 'f'), 'n', 0)
  assert.ok(found.state === 'given')
  return found.folded.state === 'known'
    ? [found.folded.value, found.folded.channel, found.folded.overridable]
    : 'unknown'
}

describe('arguments of the program', () => {
  it('have their default, which a launch could replace', async () => {
    assert.deepEqual(await folded(`${workers}f(args.num_workers)`), [4, 'code', true])
  })

  it('have the value of a linked launch, whatever spelling it uses', async () => {
    for (const flag of ['num-workers', 'j']) {
      assert.deepEqual(await folded(`${workers}f(args.num_workers)`, launch({ [flag]: '8' })), [
        8,
        'launch flag',
        false,
      ])
    }
  })

  it('keep their default where a complete launch leaves them out', async () => {
    assert.deepEqual(await folded(`${workers}f(args.num_workers)`, launch({})), [4, 'code', false])
    // A launch that hands on whatever it is given may bring it.
    assert.deepEqual(await folded(`${workers}f(args.num_workers)`, launch({}, { complete: false })), [
      4,
      'code',
      true,
    ])
    assert.equal(await folded(`${workers}f(args.num_workers)`, launch({ 'num-workers': null })), 'unknown')
  })

  it('are followed through arithmetic, conditions and functions', async () => {
    assert.deepEqual(await folded(`${workers}n = args.num_workers * 2\nf(n)`), [8, 'code', true])
    assert.equal(await folded(`${workers}n = 1 if args.num_workers > 2 else 0\nf(n)`), 'unknown')
    assert.deepEqual(
      await folded(`${workers}n = 1 if args.num_workers > 2 else 0\nf(n)`, launch({ j: '1' })),
      [0, 'launch flag', false].map((each, index) => (index === 1 ? 'code' : each)),
    )
    assert.deepEqual(
      await folded(
        "import argparse\ndef get():\n  p = argparse.ArgumentParser()\n  p.add_argument('--n', type=int, default=2)\n  return p.parse_args()\ndef main(args):\n  f(args.n)\nmain(get())",
      ),
      [2, 'code', true],
    )
  })

  it('read switches', async () => {
    const text = parser("parser.add_argument('--amp', action='store_true')")
    assert.deepEqual(await folded(`${text}f(args.amp)`), [false, 'code', true])
    assert.deepEqual(await folded(`${text}f(args.amp)`, launch({ amp: true })), [true, 'launch flag', false])
    const off = parser("parser.add_argument('--no-amp', dest='amp', action='store_false')")
    assert.deepEqual(await folded(`${off}f(args.amp)`), [true, 'code', true])
    assert.deepEqual(await folded(`${off}f(args.amp)`, launch({ 'no-amp': true })), [
      false,
      'launch flag',
      false,
    ])
  })

  it('an option without a default is None, a list or a positional is not known', async () => {
    assert.deepEqual(await folded(`${parser("parser.add_argument('--n')")}f(args.n)`), [null, 'code', true])
    assert.equal(await folded(`${parser("parser.add_argument('--n', nargs='+')")}f(args.n)`), 'unknown')
    assert.equal(await folded(`${parser("parser.add_argument('n', type=int)")}f(args.n)`), 'unknown')
  })

  it('two definitions that differ are not known', async () => {
    const twice = parser("parser.add_argument('--n', default=1)\nother.add_argument('--n', default=2)")
    assert.equal(await folded(`${twice}f(args.n)`), 'unknown')
  })

  it('come from click', async () => {
    const text =
      "import click\n@click.command()\n@click.option('--n', default=3, type=int)\ndef main(n):\n  f(n)\nmain()"
    assert.deepEqual(await folded(text), [3, 'code', true])
    assert.deepEqual(await folded(text, launch({ n: '5' })), [5, 'launch flag', false])
  })

  it('of two click commands are kept apart', async () => {
    const text =
      "import click\n@click.command()\n@click.option('--n', default=3)\ndef one(n):\n  g(n)\n" +
      "@click.command()\n@click.option('--n', default=5)\ndef two(n):\n  f(n)\n"
    assert.deepEqual(await folded(text), [5, 'code', true])
  })

  it('have the types that click takes from a default, a range or a choice', async () => {
    const option = (rest: string): string =>
      `import click\n@click.command()\n@click.option('--n', ${rest})\ndef main(n):\n  f(n)\nmain()`
    const given = launch({ n: '5' })
    assert.deepEqual(await folded(option('default=3'), given), [5, 'launch flag', false])
    assert.deepEqual(await folded(option('type=click.IntRange(1, 9)'), given), [5, 'launch flag', false])
    assert.deepEqual(await folded(option("type=click.Choice(['5', '6'])"), given), [
      '5',
      'launch flag',
      false,
    ])
    assert.deepEqual(await folded(option("default='3'"), given), ['5', 'launch flag', false])
  })

  it('of click are switched off by their other name', async () => {
    const text =
      "import click\n@click.command()\n@click.option('--amp/--no-amp', default=True)\ndef main(amp):\n  f(amp)\nmain()"
    assert.deepEqual(await folded(text), [true, 'code', true])
    assert.deepEqual(await folded(text, launch({ 'no-amp': true })), [false, 'launch flag', false])
    assert.deepEqual(await folded(text, launch({ amp: true })), [true, 'launch flag', false])
  })

  it('are switched off by their other name in argparse, absl, typer and data classes', async () => {
    const argparse = parser(
      "parser.add_argument('--amp', action=argparse.BooleanOptionalAction, default=True)",
    )
    assert.deepEqual(await folded(`${argparse}f(args.amp)`, launch({ 'no-amp': true })), [
      false,
      'launch flag',
      false,
    ])
    const absl =
      "from absl import flags\nFLAGS = flags.FLAGS\nflags.DEFINE_bool('amp', True, 'help')\nf(FLAGS.amp)"
    assert.deepEqual(await folded(absl, launch({ noamp: true })), [false, 'launch flag', false])
    const typer = 'import typer\ndef main(amp: bool = True):\n  f(amp)\ntyper.run(main)'
    assert.deepEqual(await folded(typer, launch({ 'no-amp': true })), [false, 'launch flag', false])
    const fields =
      'from dataclasses import dataclass\nfrom transformers import HfArgumentParser\n@dataclass\nclass Options:\n' +
      '  use_amp: bool = True\noptions = HfArgumentParser(Options).parse_args_into_dataclasses()[0]\nf(options.use_amp)\n'
    for (const flag of ['no_use_amp', 'no-use-amp'])
      assert.deepEqual(await folded(fields, launch({ [flag]: true })), [false, 'launch flag', false], flag)
  })

  it('behind a switch are those that the program takes by their place', async () => {
    const text =
      "import click\n@click.command()\n@click.option('--amp/--no-amp', default=True)\n@click.argument('n', type=int)\n" +
      'def main(amp, n):\n  f(n)\nmain()'
    for (const flag of ['amp', 'no-amp'])
      assert.deepEqual(await folded(text, launch({ [flag]: '5' })), [5, 'launch flag', false], flag)
  })

  it('by their place are not known where a program has several commands', async () => {
    const text =
      "import click\n@click.group()\ndef main(): pass\n@main.command()\n@click.argument('n', type=int)\ndef train(n):\n  f(n)\nmain()"
    const given = launch({})
    const location = { path: 'job.sh', cell: null, start: 0, end: 1 }
    given.launch.positionals.push({ value: 'train', location }, { value: '5', location })
    assert.equal(await folded(text, given), 'unknown')
  })

  it('have the type that an annotation says among others', async () => {
    for (const type of ['Optional[int]', 'int | None', '"int"', 'Annotated[int, "how many"]']) {
      const text = `import fire\nfrom typing import Annotated, Optional\ndef main(n: ${type} = None):\n  f(n)\nfire.Fire(main)`
      assert.deepEqual(await folded(text, launch({ n: '5' })), [5, 'launch flag', false], type)
    }
  })

  it('that are paths are read as they are written', async () => {
    const text = parser("parser.add_argument('--root', type=pathlib.Path)")
    assert.deepEqual(await folded(`${text}f(args.root)`, launch({ root: 'data/5' })), [
      'data/5',
      'launch flag',
      false,
    ])
  })

  it('come from absl', async () => {
    const text =
      "from absl import flags\nFLAGS = flags.FLAGS\nflags.DEFINE_integer('n', 3, 'help')\nf(FLAGS.n)"
    assert.deepEqual(await folded(text), [3, 'code', true])
    assert.deepEqual(await folded(text, launch({ n: '5' })), [5, 'launch flag', false])
  })

  it('come from fire', async () => {
    const text = 'import fire\ndef main(n: int = 3):\n  f(n)\nfire.Fire(main)'
    assert.deepEqual(await folded(text), [3, 'code', true])
    assert.deepEqual(await folded(text, launch({ n: '5' })), [5, 'launch flag', false])
  })

  it('come from a data class', async () => {
    const text =
      'from dataclasses import dataclass, field\nfrom transformers import HfArgumentParser\n@dataclass\nclass Options:\n' +
      '  n: int = field(default=3)\n  amp: bool = False\noptions = HfArgumentParser(Options).parse_args_into_dataclasses()[0]\n'
    const analysis = await analyse(text)
    assert.deepEqual(
      analysis.programArguments.map((one) => [one.name, one.kind, one.type]),
      [
        ['n', 'value', 'int'],
        ['amp', 'store true', 'bool'],
      ],
    )
  })

  it('are named the way argparse names them', async () => {
    const analysis = await analyse(
      parser("parser.add_argument('--learning-rate', '--lr', dest='rate', type=float, default=1e-3)"),
    )
    const [only] = analysis.programArguments
    assert.deepEqual([only!.name, only!.flags, only!.type], ['rate', ['learning-rate', 'lr'], 'float'])
  })

  it('values that the type cannot hold are not known', async () => {
    assert.equal(await folded(`${workers}f(args.num_workers)`, launch({ j: 'many' })), 'unknown')
  })

  it('an attribute of something else is no argument', async () => {
    const analysis = await analyse(`${workers}f(batch.num_workers)`)
    assert.equal(argument(analysis, 'f', 'n', 0), 'given')
  })

  const options = `import argparse
class Options:
  def parse(self):
    return make().parse_args()
def make(more=False):
  parser = argparse.ArgumentParser()
  parser.add_argument('--workers', type=int, default=4)
  return parser
def get_args():
  return make().parse_args()
args = make().parse_args()
def unrelated():
  return 1
`
  const imports: [string, string][] = [
    ['a function that parses', 'from options import get_args\nargs = get_args()'],
    ['a function that makes the parser', 'from options import make\nargs = make().parse_args()'],
    ['a module', 'import options\nargs = options.get_args()'],
    ['a method', 'from options import Options\nargs = Options().parse()'],
    ['what was parsed', 'from options import args'],
  ]
  for (const [name, text] of imports) {
    it(`of another module: ${name}`, async () => {
      const read = async (binding?: ReturnType<typeof launch>) => {
        const analysis = await analyse(`${text}\nf(args.workers)`, {
          modules: { options },
          ...(binding === undefined ? {} : { binding }),
        })
        const found = analysis.argument(callNamed(analysis, 'f'), 'n', 0)
        const value = found.state === 'given' && found.folded.state === 'known' ? found.folded : null
        return value === null ? null : [value.value, value.channel, value.overridable]
      }
      assert.deepEqual(await read(), [4, 'code', true])
      assert.deepEqual(await read(launch({ workers: '8' })), [8, 'launch flag', false])
    })
  }

  it('of a data class of another module', async () => {
    const modules = {
      fields:
        'from dataclasses import dataclass, field\n@dataclass\nclass Ours:\n  workers: int = 4\n  amp: bool = field(default=False)\n  names: list = field(default_factory=list)\n',
    }
    const head =
      'from transformers import HfArgumentParser\nfrom fields import Ours\nours = HfArgumentParser(Ours).parse_args_into_dataclasses()[0]\n'
    const analysis = await analyse(`${head}f(ours.workers)`, { modules, binding: launch({ workers: '8' }) })
    assert.equal(argument(analysis, 'f', 'n', 0), 8)
    assert.equal(argument(await analyse(`${head}f(ours.amp)`, { modules }), 'f', 'n', 0), false)
    assert.equal(argument(await analyse(`${head}f(ours.names)`, { modules }), 'f', 'n', 0), 'given')
  })
})
