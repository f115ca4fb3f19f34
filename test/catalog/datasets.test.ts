import assert from 'node:assert/strict'
import { dataset } from '../../server/src/catalog/datasets.js'
import { forwardOperations, stepCost } from '../../server/src/catalog/step-costs.js'

describe('data sets of the catalogue', () => {
  for (const [spelling, train] of [
    ['torchvision.datasets.MNIST', 60_000],
    ['tfds:mnist', 60_000],
    ['CIFAR-10', 50_000],
    ['cifar10', 50_000],
    ['ImageNet-1k', 1_281_167],
    ['COCO 2017', 118_287],
    ['glue/mrpc', 3_668],
    ['GLUE MRPC', 3_668],
    ['GLUE SST2', 67_349],
    ['SQuAD v1.1', 87_599],
    ['LibriSpeech clean-100', 28_539],
    // From the long list.
    ['opus_books/ca-de', 4_445],
  ] as const)
    it(spelling, () => assert.equal(dataset(spelling)?.train, train))

  it('counts tokens of texts', () => assert.equal(dataset('openwebtext')?.tokens, 9.04e9))

  it('no path is a data set, nor a name that nobody knows', () => {
    assert.equal(dataset('./mnist'), undefined)
    assert.equal(dataset('my-corpus'), undefined)
    assert.equal(dataset(''), undefined)
  })
})

describe('arithmetic of a forward pass', () => {
  const gigaflops = (name: string, size: number | null) => {
    const cost = stepCost(name)
    assert.ok(cost, name)
    return Math.round(forwardOperations(cost, size) / 1e8) / 10
  }

  it('as published, under every spelling', () => {
    assert.equal(gigaflops('Faster R-CNN R-50-FPN', null), 268.8)
    assert.equal(gigaflops('torchvision/fasterrcnn_resnet50_fpn', 800), 268.8)
    assert.equal(gigaflops('yolov8s', 640), 28.6)
    assert.equal(gigaflops('YOLOX-s', 640), 26.8)
    assert.equal(gigaflops('openai/whisper-small', 30), 539.6)
  })

  it('pictures grow with their area', () => {
    assert.equal(gigaflops('yolov8s', 1280), 114.4)
    assert.equal(gigaflops('torchvision/vit_b_16', 384), 111)
  })

  it('texts grow with their length and, by attention, with its square', () => {
    assert.equal(gigaflops('bert-base-uncased', 384), 70.7)
    // Relative positions are a part that does not grow.
    assert.equal(gigaflops('microsoft/deberta-v3-base', 256), 66.4)
  })

  it('networks for small pictures keep their names to themselves', () => {
    assert.equal(gigaflops('cifar/vgg16_bn', 32), 0.6)
    assert.equal(gigaflops('vgg16_bn', 224), 30.9)
  })
})
