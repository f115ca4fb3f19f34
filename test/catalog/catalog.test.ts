import assert from 'node:assert/strict'
import { allGpus, gpu, gpuSupports } from '../../server/src/catalog/gpus.js'
import { allInstances, instance, smallestSingleGpu } from '../../server/src/catalog/instances.js'
import { tables } from '../../server/src/catalog/tables.js'

describe('GPUs of the catalogue', () => {
  for (const [spelling, name] of [
    ['A100-80GB', 'A100-80GB'],
    ['NVIDIA-A100-SXM4-80GB', 'A100-80GB'],
    ['NVIDIA-A100-PCIE-40GB', 'A100-40GB'],
    ['nvidia-tesla-a100', 'A100-40GB'],
    ['nvidia-a100-80gb', 'A100-80GB'],
    ['a100', 'A100-40GB'],
    ['NVIDIA-H100-80GB-HBM3', 'H100-SXM'],
    ['NVIDIA-H100-PCIe', 'H100-PCIe'],
    ['Tesla-V100-SXM2-16GB', 'V100'],
    ['Tesla-V100-SXM2-32GB', 'V100-32GB'],
    ['NVIDIA_TESLA_T4', 'T4'],
    ['Tesla T4', 'T4'],
    ['NVIDIA-A10G', 'A10G'],
    ['nvidia-l4', 'L4'],
    ['NVIDIA-L40S', 'L40S'],
    ['NVIDIA-GeForce-RTX-3090', 'RTX3090'],
    ['rtx_a6000', 'RTX_A6000'],
    ['MI300X', 'MI300X'],
  ] as const) {
    it(`${spelling} is ${name}`, () => assert.equal(gpu(spelling)?.name, name))
  }

  for (const unknown of [
    '',
    'gtx780',
    'A1000',
    'NVIDIA-A100-SXM4-40GB-MIG-1g.5gb',
    'gpu',
    'x'.repeat(1_000),
  ]) {
    it(`${unknown.slice(0, 40) || '(empty)'} is not known`, () => assert.equal(gpu(unknown), undefined))
  }

  it('know which formats they compute quickly', () => {
    assert.equal(gpuSupports('T4', 'bf16'), false)
    assert.equal(gpuSupports('T4', 'fp16'), true)
    assert.equal(gpuSupports('V100', 'tf32'), false)
    assert.equal(gpuSupports('A100', 'bf16'), true)
    assert.equal(gpuSupports('A100', 'fp8'), false)
    assert.equal(gpuSupports('H100', 'fp8'), true)
    assert.equal(gpuSupports('K80', 'fp16'), false)
    assert.equal(gpuSupports('abacus', 'fp16'), undefined)
  })

  it('have memory, a source and a date, and every name finds its own row', () => {
    for (const one of allGpus()) {
      assert.ok(one.memoryGB! > 0 && one.memoryGB! < 1000, one.name)
      assert.ok(one.source.length > 3, one.name)
      assert.match(one.date, /^\d{4}-\d{2}-\d{2}$/)
      assert.equal(gpu(one.name), one)
      // Hardware that computes a format quickly states how quickly, where anything is stated.
      if (one.vendor === 'nvidia' && one.formats.has('bf16') && one.tflops.fp32 !== null) {
        assert.ok(one.tflops.bf16! > one.tflops.fp32, `${one.name}: bf16 is not faster`)
      }
    }
  })

  it('have no alias that means two things', () => {
    for (const [name, aliases] of tables.gpus) {
      for (const alias of aliases.split('|').filter(Boolean)) assert.equal(gpu(alias)?.name, name, alias)
    }
  })
})

describe('instance types of the catalogue', () => {
  for (const [type, provider, bareType, gpuName, gpus, vcpus, memory] of [
    ['ml.p3.2xlarge', 'aws', 'p3.2xlarge', 'V100', 1, 8, 61],
    ['p4d.24xlarge', 'aws', 'p4d.24xlarge', 'A100-40GB', 8, 96, 1152],
    ['ml.g5.12xlarge', 'aws', 'g5.12xlarge', 'A10G', 4, 48, 192],
    ['Standard_NC24ads_A100_v4', 'azure', 'Standard_NC24ads_A100_v4', 'A100-80GB', 1, 24, 220],
    ['STANDARD_NC6S_V3', 'azure', 'Standard_NC6s_v3', 'V100', 1, 6, 112],
    ['a2-highgpu-4g', 'gcp', 'a2-highgpu-4g', 'A100-40GB', 4, 48, 340],
    ['ml.m5.xlarge', 'aws', 'm5.xlarge', undefined, 0, 4, 16],
    ['r6i.large', 'aws', 'r6i.large', undefined, 0, 2, 16],
    ['c5.9xlarge', 'aws', 'c5.9xlarge', undefined, 0, 36, 72],
    ['n1-highmem-8', 'gcp', 'n1-highmem-8', undefined, 0, 8, 52],
    ['Standard_D4s_v3', 'azure', 'Standard_D4s_v3', undefined, 0, 4, 16],
    ['STANDARD_DS3_V2', 'azure', 'STANDARD_DS3_V2', undefined, 0, 4, 14],
    ['Standard_D14_v2', 'azure', 'Standard_D14_v2', undefined, 0, 16, 112],
  ] as const) {
    it(type, () => {
      const found = instance(type)
      assert.ok(found)
      assert.deepEqual(
        [found.provider, found.type, found.gpu?.name, found.gpuCount, found.vcpus, found.memoryGiB],
        [provider, bareType, gpuName, gpus, vcpus, memory],
      )
    })
  }

  it('a share of a GPU is a share', () => {
    const found = instance('Standard_NV12ads_A10_v5')
    assert.equal(found?.gpuCount, 0.333)
    assert.equal(found?.gpuMemoryGB, 8)
  })

  for (const unknown of ['', 'ml.', 'g5', 'p99.48xlarge', 'local', 'Standard_X', 'm5', 'x'.repeat(10_000)]) {
    it(`${unknown.slice(0, 40) || '(empty)'} is not known`, () => assert.equal(instance(unknown), undefined))
  }

  it('hold a known GPU, and numbers of a real machine', () => {
    for (const one of allInstances()) {
      assert.ok(one.gpu, one.type)
      assert.ok(one.gpuCount > 0 && one.gpuCount <= 16, one.type)
      assert.ok(one.vcpus >= 2 && one.vcpus <= 512 && one.memoryGiB >= 4 && one.memoryGiB <= 4096, one.type)
      if (one.gpuCount >= 1) assert.equal(one.gpuMemoryGB, one.gpu.memoryGB, one.type)
    }
  })

  it('say of which a spot price is known', () => {
    assert.equal(instance('ml.g5.xlarge')?.spotPriced, true)
    assert.equal(instance('p4d.24xlarge')?.spotPriced, true)
    assert.equal(instance('gpu_8x_a100')?.spotPriced, false)
  })

  it('name the smallest machine with one GPU of enough memory', () => {
    assert.equal(smallestSingleGpu('aws', 8)?.type, 'g4dn.xlarge')
    assert.equal(smallestSingleGpu('aws', 24)?.type, 'g5.xlarge')
    assert.equal(smallestSingleGpu('aws', 40)?.type, 'g6e.xlarge')
    assert.equal(smallestSingleGpu('aws', 80)?.type, 'p5.4xlarge')
    assert.equal(smallestSingleGpu('gcp', 40)?.type, 'a2-highgpu-1g')
    assert.equal(smallestSingleGpu('gcp', 24)?.type, 'g2-standard-4')
    assert.equal(smallestSingleGpu('azure', 16)?.type, 'Standard_NC4as_T4_v3')
    assert.equal(smallestSingleGpu('azure', 200), undefined)
  })
})
