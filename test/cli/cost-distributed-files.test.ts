/** `costlint cost`: data sets that a program reads from the files under which they are distributed, and copies that it makes. */
import assert from 'node:assert/strict'
import { billHere } from './here.js'

interface Entry {
  hours: { low: number; high: number } | null
  assumptions: string[]
  unknown: string[]
}

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\n#SBATCH --cpus-per-task=16\npython train.py\n'

const pictures = (folder: string) => `import torch
from torch.utils.data import DataLoader
from torchvision.models import resnet18
from pictures import Pictures

model = resnet18().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(Pictures(${folder}), batch_size=64, num_workers=16)
for epoch in range(30):
    for images, labels in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
        loss.backward()
        optimizer.step()
`
const own = `import os
from PIL import Image
from torch.utils.data import Dataset


class Pictures(Dataset):
    def __init__(self, folder):
        self.paths = sorted(os.listdir(folder))

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return Image.open(self.paths[index]), 0
`

async function only(files: Record<string, string>): Promise<Entry> {
  return billHere<Entry>({ 'job.sh': job, 'pictures.py': own, ...files })
}

describe('costlint cost: files of known data sets', () => {
  it('counts the samples of the data set that a folder is called after, and says so', async () => {
    const found = await only({ 'train.py': pictures("'/data/cifar-100-python'") })
    assert.ok(found.hours !== null, found.unknown.join())
    assert.match(found.assumptions.join('\n'), /the samples of CIFAR-100, as "\/data\/cifar-100-python" says/)
  })

  it('knows the names at Kaggle, and takes what may be split off for an interval', async () => {
    const input = pictures("'/kaggle/input/chest-xray-pneumonia/chest_xray/train'")
    const found = await only({ 'train.py': input })
    assert.match(found.assumptions.join('\n'), /the samples of Chest X-Ray Pneumonia/)
    assert.ok(found.hours!.high > found.hours!.low)
  })

  it('says nothing where the folders of two data sets are named, or none', async () => {
    for (const folder of ["'cifar-100-python' if large else 'cifar-10-batches-py'", "'/data/pictures'"]) {
      const found = await only({ 'train.py': pictures(folder) })
      assert.match(found.unknown.join('\n'), /how many samples/, folder)
    }
  })

  it('takes a copy that the program has made itself for what it is a copy of', async () => {
    const found = await only({
      'train.py': `import os
from datasets import load_dataset, load_from_disk
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')
if os.path.exists('data/tokenized'):
    data = load_from_disk('data/tokenized')
else:
    data = load_dataset('glue', 'mrpc')
    data = data.map(lambda row: tokenizer(row['sentence1'], truncation=True, max_length=128), batched=True)
    data.save_to_disk('data/tokenized')
model = AutoModelForSequenceClassification.from_pretrained('bert-base-uncased')
arguments = TrainingArguments('out', num_train_epochs=30, per_device_train_batch_size=32)
Trainer(model, arguments, train_dataset=data['train']).train()
`,
    })
    assert.ok(found.hours !== null, found.unknown.join())
  })
})
