import assert from 'node:assert/strict'
import { allModels, model } from '../../server/src/catalog/models.js'

describe('models by name', () => {
  for (const [name, parameters] of [
    ['bert-base-uncased', 109_482_240],
    ['google-bert/bert-base-uncased', 109_482_240],
    ['BERT-BASE-UNCASED', 109_482_240],
    ['resnet50', 25_557_032],
    ['resnet50.a1_in1k', 25_557_032],
    ['timm/resnet50.a1_in1k', 25_557_032],
    ['vit_base_patch16_224', 86_567_656],
    ['meta-llama/Llama-3.1-8B-Instruct', 8_030_261_248],
    ['our-mirror/Llama-3.1-8B-Instruct', 8_030_261_248],
    ['./bert-base-uncased', 109_482_240],
    ['/data/models/Llama-3.1-8B-Instruct/', 8_030_261_248],
    // Trained on from one that is known.
    ['somebody/roberta-base-answers', 124_645_632],
    ['somebody/news-distilbert-base-uncased', 66_362_880],
  ] as const)
    it(name, () => assert.equal(model(name)?.parameters, parameters))

  for (const name of [
    './bert-base-uncased-of-mine',
    '/models/bert-base-uncased/checkpoint-500',
    'C:\\bert',
    'our/model',
    'our/bert-answers',
    '',
    'x'.repeat(500),
  ])
    it(`not ${name.slice(0, 40) || 'the empty name'}`, () => assert.equal(model(name), undefined))

  it('every shape is whole', () => {
    for (const { name, shape, image } of allModels()) {
      if (image !== null) assert.ok(image.edge > 0 && image.mixed > 0 && image.full > image.mixed, name)
      if (shape === null) continue
      const { layers, hidden, heads, headSize, feedForward, positions } = shape
      assert.ok(Math.min(layers, hidden, heads, headSize, feedForward, positions) > 0, name)
    }
  })
})
