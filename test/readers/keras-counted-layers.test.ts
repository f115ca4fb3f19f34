/** Layers of Keras networks that cannot be followed: counted one after the other. */
import assert from 'node:assert/strict'
import { countedLayersOf, kerasNetworks } from '../../server/src/readers/keras/counted-layers.js'
import type { CountedLayers } from '../../server/src/text/counted-layers.js'
import { analyse } from '../python/analyse.js'

async function networks(text: string): Promise<(CountedLayers | null)[]> {
  const header = 'from tensorflow import keras\nfrom tensorflow.keras import layers\n'
  return kerasNetworks(await analyse(header + text)).map(({ layers }) => layers)
}

describe('layers of a Keras network', () => {
  it('are those of Sequential, with the input that the first one names', async () => {
    const [mlp] = await networks(
      'net = keras.Sequential([layers.Dense(64, input_dim=10), layers.Dropout(p), layers.Dense(1)])',
    )
    assert.deepEqual(mlp, { parameters: 640 + 64, layers: 2 })
  })

  it('see the places that strides and pools have left', async () => {
    const [net] = await networks(`
def build(shape):
    x = inputs = keras.Input(shape=(64, 64, 3))
    x = layers.Conv2D(32, 3, strides=2, padding=mode)(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, (3, 3), activation='relu')(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(10)(x))
`)
    // 16 of the 64 places of each axis are left when it is flattened.
    assert.deepEqual(net, {
      parameters: 864 + 18_432 + 16 * 16 * 64 * 10,
      layers: 3,
      convolved: 864 + 18_432,
      places: { weights: 864 / 4 + 18_432 / 16, axes: 2, left: 1 / 4 },
    })
  })

  it('go through the steps of a series, both ways', async () => {
    const [net] = await networks(`
def build(shape):
    inputs = keras.Input(shape=(160, 8))
    x = layers.Bidirectional(layers.LSTM(16, return_sequences=True))(inputs)
    x = layers.GRU(4)(x)
    return keras.Model(inputs, layers.Dense(1)(x))
`)
    const recurrent = 8 * 16 * (8 + 16) + 3 * 4 * (32 + 4)
    assert.deepEqual(net, { parameters: recurrent + 4, layers: 3, recurrent })
  })

  it('include those of functions and classes that it calls', async () => {
    const found = await networks(`
def block(x, n):
    return layers.Dense(n)(layers.Dense(20)(x))

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(10, input_shape=(5,))

    def call(self, x):
        return block(block(self.first(x), 7), 7)
`)
    assert.equal(found.length, 1)
    assert.equal(found[0]!.layers, 5)
  })

  it('of a loop are not counted; a loop around all of them is none', async () => {
    assert.deepEqual(
      await networks(
        'net = keras.Sequential()\nfor n in sizes():\n    net.add(layers.Dense(n))\nnet.add(layers.Dense(1))',
      ),
      [null],
    )
    const [each] = await networks(
      'for lr in rates():\n    net = keras.Sequential([layers.Dense(3, input_dim=2), layers.Dense(1)])\n',
    )
    assert.deepEqual(each, { parameters: 9, layers: 2 })
  })
})

describe('the network that is trained', () => {
  const builders = `
def first(shape):
    return keras.Sequential([layers.Dense(7, input_dim=3), layers.Dense(1)])

def second(shape):
    net = keras.Sequential()
    for size in shape:
        net.add(layers.Dense(size))
    return net

class Scale(layers.Layer):
    def __init__(self, sizes):
        super().__init__()
        self.parts = [layers.Dense(size) for size in sizes]

`
  const trained = async (text: string) => {
    const header = 'from tensorflow import keras\nfrom tensorflow.keras import layers\n'
    const python = await analyse(header + text)
    const fit = python.calls.find(({ method }) => method === 'fit')!.expr.callee
    assert.equal(fit.type, 'attribute')
    return fit.type === 'attribute' ? countedLayersOf(python, fit.value) : null
  }

  it('is the one of its function, whatever other functions make', async () => {
    assert.deepEqual(await trained(`${builders}net = first((3,))\nnet.fit(x, y)`), {
      parameters: 28,
      layers: 2,
    })
    assert.equal(await trained(`${builders}net = second(sizes)\nnet.fit(x, y)`), null)
  })

  it('is no layer of the project by itself', async () => {
    assert.deepEqual(await networks(builders), [{ parameters: 28, layers: 2 }, null])
  })
})
