/** What loops do: which one trains, which repeats it, which only looks. */
import assert from 'node:assert/strict'
import { type Around, analyse } from './analyse.js'

async function roles(text: string, around: Around = {}): Promise<string[]> {
  return (await analyse(text, around)).loops.map((loop) => loop.role)
}

const step = 'loss = f(model(x))\nloss.backward()\noptimizer.step()\n'
const indent = (text: string, by = '  '): string => text.replace(/^(?=.)/gm, by)

describe('roles of loops', () => {
  it('an epoch around a loop that steps', async () => {
    const text = `for epoch in range(3):\n  for x in loader:\n${indent(step, '    ')}`
    assert.deepEqual(await roles(text), ['epoch', 'train'])
  })

  it('one loop that steps', async () => {
    assert.deepEqual(await roles(`for x in loader:\n${indent(step)}`), ['train'])
    assert.deepEqual(await roles(`while step < total:\n${indent(step)}`), ['train'])
  })

  it('a helper that steps once', async () => {
    const text = `def train_step(x):\n${indent(step)}\nfor epoch in range(3):\n  for x in loader:\n    train_step(x)\n`
    assert.deepEqual(await roles(text), ['epoch', 'train'])
  })

  it('several networks by their names, which are trained together in each batch', async () => {
    const names = "for name in ['generator', 'critic']:\n"
    const written = `for epoch in range(3):\n  for x in loader:\n    ${names}${indent(step, '      ')}`
    assert.deepEqual(await roles(written), ['epoch', 'epoch', 'train'])
    const called = `def train_step(x):\n${indent(step)}\nfor x in loader:\n  ${names}    train_step(name, x)\n`
    assert.deepEqual(await roles(called), ['epoch', 'train'])
    const whole = `def fit(x):\n${indent(step)}\n${names}  fit(name)\n`
    assert.deepEqual(await roles(whole), ['other'])
  })

  it('a helper that goes through all batches', async () => {
    const text = `def train_epoch():\n  for x in loader:\n${indent(step, '    ')}\nfor epoch in range(3):\n  train_epoch()\n`
    assert.deepEqual(await roles(text), ['train', 'epoch'])
  })

  it('a method that goes through all batches', async () => {
    const text =
      `class T:\n  def epoch(self):\n    for x in self.loader:\n${indent(step, '      ')}\n` +
      '  def fit(self):\n    for i in range(3):\n      self.epoch()\n'
    assert.deepEqual(await roles(text), ['train', 'epoch'])
  })

  it('a step that takes gradients of a function, compiled in any of its ways', async () => {
    const head =
      'import jax, optax, functools\nfrom flax import nnx\n' +
      'def train_step(p, x):\n  g = jax.grad(f)(p, x)\n  return optax.apply_updates(p, g)\n'
    const loops = 'for epoch in range(3):\n  for x in loader:\n    p = step(p, x)\n'
    for (const made of ['jax.jit(train_step)', 'jax.pmap(functools.partial(train_step), axis_name="b")'])
      assert.deepEqual(await roles(`${head}step = ${made}\n${loops}`), ['epoch', 'train'], made)
    const own =
      `${head}class T:\n  def prepare(self):\n    self.step = jax.jit(train_step)\n` +
      '  def epoch(self, p):\n    for x in loader:\n      p = self.step(p, x)\n'
    assert.deepEqual(await roles(own), ['train'])
    const updates =
      'from flax import nnx\n@nnx.jit\ndef step(model, optimizer: nnx.Optimizer, x):\n' +
      '  g = nnx.grad(f)(model, x)\n  optimizer.update(g)\nfor x in loader:\n  step(m, o, x)\n'
    assert.deepEqual(await roles(updates), ['train'])
    // A dictionary is updated, not a model.
    assert.deepEqual(await roles(updates.replace(': nnx.Optimizer', '')), ['other'])
  })

  it('a function of another module', async () => {
    const modules = {
      engine: `def train_one_epoch(model, loader):\n  for x in loader:\n${indent(step, '    ')}\ndef step(x):\n${indent(step)}`,
    }
    assert.deepEqual(
      await roles('from engine import train_one_epoch\nfor e in range(3):\n  train_one_epoch(m, l)', {
        modules,
      }),
      ['epoch'],
    )
    assert.deepEqual(
      await roles('import engine\nfor e in range(3):\n  engine.train_one_epoch(m, l)', { modules }),
      ['epoch'],
    )
    assert.deepEqual(await roles('from engine import *\nfor x in loader:\n  step(x)', { modules }), ['train'])
  })

  it('a closure for the optimiser', async () => {
    const text =
      'for x in loader:\n  def closure():\n    loss = f(model(x))\n    loss.backward()\n    return loss\n  optimizer.step(closure)\n'
    assert.deepEqual(await roles(text), ['train'])
  })

  it('accumulated gradients', async () => {
    const text =
      'for epoch in range(3):\n  for i, x in enumerate(loader):\n    loss = f(model(x)) / 4\n    loss.backward()\n' +
      '    if (i + 1) % 4 == 0:\n      optimizer.step()\n      optimizer.zero_grad()\n'
    assert.deepEqual(await roles(text), ['epoch', 'train'])
  })

  it('micro-steps inside a step', async () => {
    const text =
      'while True:\n  for micro in range(8):\n    loss = f(model(x))\n    scaler.scale(loss).backward()\n  scaler.step(optimizer)\n  scaler.update()\n'
    const [outer] = await roles(text)
    assert.equal(outer, 'train')
  })

  it('two networks against each other', async () => {
    const text =
      'for epoch in range(3):\n  for x in loader:\n    d_loss.backward()\n    d_optimizer.step()\n    g_loss.backward()\n    optimizer_G.step()\n'
    assert.deepEqual(await roles(text), ['epoch', 'train'])
  })

  it('Accelerate, Fabric and DeepSpeed', async () => {
    for (const body of [
      'accelerator.backward(loss)\n    optimizer.step()',
      'fabric.backward(loss)\n    optimizer.step()',
      'model_engine.backward(loss)\n    model_engine.step()',
    ]) {
      assert.deepEqual(await roles(`for e in range(2):\n  for x in loader:\n    ${body}\n`), [
        'epoch',
        'train',
      ])
    }
  })

  it('a gradient tape', async () => {
    const text =
      'for x in data:\n  with tf.GradientTape() as tape:\n    loss = f(x)\n  grads = tape.gradient(loss, v)\n  optimizer.apply_gradients(zip(grads, v))\n'
    assert.deepEqual(await roles(text), ['train'])
  })

  it('evaluation', async () => {
    const text =
      'def evaluate(model, loader):\n  for x in loader:\n    model(x)\n' +
      'with torch.no_grad():\n  for x in val_loader:\n    model(x)\n'
    assert.deepEqual(await roles(text), ['evaluate', 'evaluate'])
  })

  it('other loops: schedulers, environments, profilers, files', async () => {
    const text =
      'for x in xs:\n  scheduler.step()\n  loss.backward()\nfor x in xs:\n  env.step(a)\n  loss.backward()\nfor f in files:\n  print(f)\n'
    assert.deepEqual(await roles(text), ['other', 'other', 'other'])
  })

  it('functions that call each other in a ring end', async () => {
    const text =
      'def a():\n  b()\ndef b():\n  a()\n  loss.backward()\nfor x in xs:\n  a()\n  optimizer.step()\n'
    assert.deepEqual(await roles(text), ['train'])
  })
})

describe('passes of loops', () => {
  const trips: [text: string, expected: unknown][] = [
    ['for i in range(10):\n  pass', 10],
    ['for i in range(2, 11, 3):\n  pass', 3],
    ['n = 4\nfor i in range(n):\n  pass', 4],
    ['from tqdm import trange\nfor i in trange(7):\n  pass', 7],
    ['from tqdm import tqdm\nfor i in tqdm(range(5)):\n  pass', 5],
    ['for i, x in enumerate([1, 2]):\n  pass', 2],
    ['for x in [1, 2, 3]:\n  pass', 3],
    ['for i in range(10 ** 12):\n  pass', 1e12],
    ['for x in loader:\n  pass', 'unknown'],
    ['while True:\n  pass', 'unknown'],
    ['for i in range(read()):\n  pass', 'unknown'],
  ]
  for (const [text, expected] of trips) {
    it(text.replaceAll('\n', ' '), async () => {
      const [loop] = (await analyse(text)).loops
      assert.equal(loop!.trips.state === 'known' ? loop!.trips.value : 'unknown', expected)
    })
  }

  it('of an option are overridable', async () => {
    const analysis = await analyse(
      "import argparse\np = argparse.ArgumentParser()\np.add_argument('--epochs', type=int, default=9)\nargs = p.parse_args()\nfor e in range(args.epochs):\n  pass",
    )
    const { trips } = analysis.loops[0]!
    assert.ok(trips.state === 'known')
    assert.deepEqual([trips.value, trips.overridable], [9, true])
  })

  it('knows where a loop can be left', async () => {
    const found = (
      await analyse(
        'for a in x:\n  if y:\n    break\nfor b in x:\n  for c in z:\n    break\ndef f():\n  for d in x:\n    return d\nfor e in x:\n  pass',
      )
    ).loops.map((loop) => loop.hasBreak)
    assert.deepEqual(found, [true, false, true, true, false])
  })
})
