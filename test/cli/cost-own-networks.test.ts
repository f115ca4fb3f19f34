/** `costlint cost`: networks that the project makes of layers. */
import assert from 'node:assert/strict'
import { jobs } from './cost-projects.js'
import { runHere } from './here.js'

const ownNetwork = {
  'models/__init__.py': 'from .net import Net\n',
  'models/net.py': `import torch.nn as nn
from .blocks import Head, conv_block

class Net(nn.Module):
    def __init__(self, width=32, skip=None):
        super().__init__()
        layers = []
        for index, (a, b) in enumerate(zip([3, width], [width, 2 * width])):
            layers.append(conv_block(a, b))
        self.features = nn.Sequential(*layers)
        if skip is None:
            self.skip = None
        else:
            self.skip = skip
        self.head = Head(2 * width, 10)

    def forward(self, x):
        x = self.features(x)
        if self.skip is not None:
            x = self.skip(x)
        return self.head(x)
`,
  'models/blocks.py': `import torch.nn as nn

def conv_block(a, b, pool=True):
    layers = [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    if pool:
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers)

class Head(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.fc = nn.Linear(features * 8 * 8, classes)
    def forward(self, x):
        return self.fc(x.flatten(1))
`,
  'train.py': `import torch
import torchvision
from torchvision import transforms
from models import Net

def train(model, loader, epochs):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
            loss.backward()
            optimizer.step()

if __name__ == "__main__":
    data = torchvision.datasets.CIFAR10(".", train=True, transform=transforms.ToTensor())
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    model = Net(width=64).cuda()
    train(model, loader, 10)
`,
}

describe('costlint cost: layers of the project', () => {
  it('follows a network of the project through the modules that it is made of', async () => {
    const { out } = await runHere(ownNetwork, ['estimate', 'train.py'])
    // 1,792 + 128 and 73,856 + 256 of the blocks, 81,930 of the head.
    assert.match(out, /Net, 158 k parameters, samples of 3 × 32 × 32/)
    const [job] = await jobs(ownNetwork)
    assert.equal(job!.state, 'priced')
  })

  it('follows the layers of Keras networks: functional, Sequential, made by functions, recurrent', async () => {
    const files = {
      'functional.py': `from tensorflow import keras
from tensorflow.keras import layers

(x, y), (tx, ty) = keras.datasets.cifar10.load_data()
inputs = keras.Input(shape=(32, 32, 3))
h = layers.Conv2D(32, 3, activation="relu", padding="same")(inputs)
h = layers.BatchNormalization()(h)
h = layers.MaxPooling2D()(h)
h = layers.Conv2D(64, (3, 3), activation="relu")(h)
h = layers.Flatten()(h)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(h))
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=10)
`,
      'grown.py': `import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential

def build(units=128):
    model = Sequential()
    model.add(Conv2D(32, kernel_size=(3, 3), activation="relu", input_shape=(28, 28, 1)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(units, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model

(x, y), _ = tf.keras.datasets.mnist.load_data()
model = build()
model.fit(x.reshape(-1, 28, 28, 1), y, batch_size=128, epochs=12)
`,
      'recurrent.py': `from tensorflow import keras
from tensorflow.keras import layers

(x, y), _ = keras.datasets.imdb.load_data(num_words=20000)
x = keras.preprocessing.sequence.pad_sequences(x, maxlen=100)
model = keras.Sequential()
model.add(layers.Embedding(20000, 128))
model.add(layers.Bidirectional(layers.LSTM(64)))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=3)
`,
    }
    const { out } = await runHere(files, ['estimate', '.'])
    // Keras counts 144,970 with the averages of the normalisation, 693,962 and 2,658,945.
    assert.match(out, /model, 145 k parameters, samples of 32 × 32 × 3/)
    assert.match(out, /model, 694 k parameters, samples of 28 × 28 × 1/)
    assert.match(out, /model, 2\.7 M parameters, samples of 100/)
    const found = await jobs(files)
    assert.deepEqual(
      found.map(({ state }) => state),
      ['priced', 'priced', 'priced'],
    )
  })

  it('counts no layers whose channels come first, or whose windows are not readable', async () => {
    const of = (layer: string) => `import sys
from tensorflow import keras
from tensorflow.keras import layers

(x, y), _ = keras.datasets.cifar10.load_data()
model = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    ${layer},
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=10)
`
    const counted = await runHere({ 'train.py': of('layers.Conv2D(32, 3)') }, ['estimate', '.'])
    assert.match(counted.out, /k parameters/)
    for (const layer of [
      'layers.Conv2D(32, 3, data_format="channels_first")',
      'layers.Conv2D(32, int(sys.argv[1]))',
    ])
      assert.doesNotMatch(
        (await runHere({ 'train.py': of(layer) }, ['estimate', '.'])).out,
        /parameters/,
        layer,
      )
  })

  it('counts a network whatever stands beside it that no sample goes through in training', async () => {
    const files = {
      'lit.py': `import lightning as L
import torch
import torch.nn as nn
from torchmetrics import Accuracy
from acmelayers import AcmeSwish

def activation(kind):
    if kind == "relu":
        return nn.ReLU()
    elif kind == "tanh":
        return nn.Tanh()
    raise ValueError(kind)

class EdgeLoss(nn.Module):
    def __init__(self, kernels):
        super().__init__()
        self.kernels = kernels
    def forward(self, x, y):
        return ((self.kernels(x) - self.kernels(y)) ** 2).mean()

class Tagger(L.LightningModule):
    def __init__(self, draw, kind):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 32, 3), activation(kind), nn.Conv2d(32, 64, 3), AcmeSwish())
        self.head = nn.Linear(64, 10)
        self.draw = draw
        self.train_acc = Accuracy(task="multiclass", num_classes=10)
    def forward(self, x):
        return self.head(self.body(x).mean((2, 3)))
    def training_step(self, batch, index):
        logits = self(batch[0])
        self.log("acc", self.train_acc(logits, batch[1]))
        return nn.functional.cross_entropy(logits, batch[1])
    def on_train_epoch_end(self):
        self.draw(self.head.weight)
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
`,
      'train.py': `import lightning as L
import torch
from plots import sample_plot, sobel
from torchvision import transforms
from torchvision.datasets import CIFAR10
from lit import EdgeLoss, Tagger

def main(kind):
    edges = EdgeLoss(sobel())
    loader = torch.utils.data.DataLoader(CIFAR10(".", transform=transforms.ToTensor()), batch_size=128, num_workers=4)
    L.Trainer(max_epochs=30, accelerator="gpu").fit(Tagger(sample_plot(), kind), loader)

main(input())
`,
    }
    const [job] = await jobs(files)
    assert.equal(job!.state, 'priced', JSON.stringify(job!.unknown))
  })

  it('takes length and batch from settings that a program cuts its own batches by, and a network from a class method', async () => {
    const files = {
      'model.py': `from dataclasses import dataclass
import torch.nn as nn

@dataclass
class Shape:
    block_size: int = 256
    width: int = 384
    depth: int = 6

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.mix = nn.MultiheadAttention(width, 6)
    def forward(self, x):
        x = x + self.mix(x, x, x)[0]
        return x + self.mlp(x)

class Writer(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.words = nn.Embedding(5000, width)
        self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        self.head = nn.Linear(width, 5000)
    @classmethod
    def of(cls, shape):
        return cls(shape.width, shape.depth)
    def forward(self, x):
        x = self.words(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)
`,
      'train.py': `import numpy as np
import torch
from model import Shape, Writer

batch_size, device = 64, "cuda"
shape = Shape()
data = np.memmap("words.bin", dtype=np.uint16)

def batch():
    at = torch.randint(len(data) - shape.block_size, (batch_size,))
    x = torch.stack([torch.from_numpy(data[i : i + shape.block_size].astype(np.int64)) for i in at])
    return x.to(device)

model = Writer.of(shape).to(device)
optimizer = torch.optim.AdamW(model.parameters(), 3e-4)
for step in range(5000):
    x = batch()
    logits = model(x[:, :-1])
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), x[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
`,
    }
    const [job] = await jobs(files)
    assert.equal(job!.state, 'priced', JSON.stringify(job!.unknown))
    // 11 million weights × 6 operations × 64 × 256 words × 5,000 steps: 5e15, some minutes to an hour or two.
    assert.ok(job!.hours!.low > 1 / 120 && job!.hours!.high! < 4, JSON.stringify(job!.hours))
  })
})
