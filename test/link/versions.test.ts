import assert from 'node:assert/strict'
import { jsonFacts } from '../../server/src/config/json.js'
import { tomlFacts } from '../../server/src/config/toml.js'
import { yamlFacts } from '../../server/src/config/yaml.js'
import {
  dockerfileVersions,
  environmentVersions,
  imageVersions,
  installVersions,
  lockVersions,
  mergeVersions,
  packageVersions,
  pipfileLockVersions,
  pipfileVersions,
  plainVersions,
  pyprojectVersions,
  requirementsVersions,
  setupCfgVersions,
  setupPyVersions,
  type Versions,
} from '../../server/src/link/versions.js'
import { nodeGrammars } from '../config/grammars.js'

const trees = await nodeGrammars('toml')
/** `torch ==2.1` for a pin, `>=` for the least, `<` for below. */
const shown = (versions: Versions) =>
  Object.entries(versions).map(
    ([name, one]) => `${name} ${{ pin: '==', least: '>=', below: '<' }[one.bound]}${one.version}`,
  )

describe('library versions', () => {
  it('reads requirements', () => {
    assert.deepEqual(
      shown(
        requirementsVersions(`# comment
-r other.txt
torch==2.1.0+cu118  # pinned
transformers[torch] >= 4.40, < 5 ; python_version >= "3.9"
PyTorch_Lightning~=2.2.1
xgboost<2
lightgbm!=4.0,>=3.3
numpy
trl @ https://host/trl-0.9.6-py3-none-any.whl
accelerate == 0.30.* \\
   --hash=sha256:abc
`),
      ),
      [
        'torch+cuda ==0',
        'torch ==2.1.0',
        'transformers >=4.40',
        'pytorch-lightning >=2.2.1',
        'xgboost <2',
        'lightgbm >=3.3',
        'trl ==0.9.6',
        'accelerate ==0.30',
      ],
    )
    assert.deepEqual(shown(installVersions(['-U', 'torch==2.2', 'x>=1'])), ['torch ==2.2', 'x >=1'])
  })

  it('reads pyproject.toml of every kind', () => {
    const facts = tomlFacts(
      `[project]
dependencies = ["torch>=2.0,<3", "numpy"]
[project.optional-dependencies]
train = ["transformers==4.46.1"]
[dependency-groups]
dev = ["trl>=0.9", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.10"
lightning = "^2.1"
keras = {version = "3.0.1", extras = ["x"]}
`,
      trees,
    )
    assert.deepEqual(shown(pyprojectVersions(facts)), [
      'torch >=2.0',
      'lightning >=2.1',
      'keras ==3.0.1',
      'transformers ==4.46.1',
      'trl >=0.9',
    ])
  })

  it('reads setup.cfg, environment.yml and lock files', () => {
    assert.deepEqual(
      shown(
        setupCfgVersions(
          '[metadata]\nversion = 9\n[options]\ninstall_requires =\n    torch>=1.12\n    numpy\npython_requires = >=3.8\n[options.extras_require]\nx =\n    y==1\n',
        ),
      ),
      ['torch >=1.12', 'y ==1'],
    )
    assert.deepEqual(
      shown(
        environmentVersions(
          yamlFacts(
            'dependencies:\n  - python=3.10\n  - pytorch::pytorch=2.1\n  - conda-forge::lightgbm>=4.0\n  - pip:\n    - transformers==4.41.2\n    - x\n',
          ),
        ),
      ),
      ['python ==3.10', 'torch ==2.1', 'lightgbm >=4.0', 'transformers ==4.41.2'],
    )
    assert.deepEqual(
      shown(
        lockVersions(
          '[[package]]\nname = "torch"\nversion = "2.5.1+cu124"\n\n[[package]]\nname = "x"\nversion = "1"\n',
        ),
      ),
      ['torch ==2.5.1', 'x ==1'],
    )
  })

  it('keeps the bound above', () => {
    const plain = (text: string) => plainVersions(requirementsVersions(text))
    assert.deepEqual(plain('lightning>=1.5,<2'), { lightning: '1.5', 'lightning<': '2' })
    assert.deepEqual(plain('lightning~=1.5'), { lightning: '1.5', 'lightning<': '2' })
    assert.deepEqual(plain('lightning~=1.5.2'), { lightning: '1.5.2', 'lightning<': '1.6' })
  })

  it('reads setup.py, Pipfile and Pipfile.lock', () => {
    const setup = `from setuptools import setup
# 'commented==1'
setup(
    name="transformers",
    version="4.4.2.dev0",
    python_requires='>=3.6',
    install_requires=['torch>=1.12, <2', "numpy"],
    extras_require={'x': ["datasets[audio]==2.1"]},
)
`
    assert.deepEqual(shown(setupPyVersions(setup)), [
      'transformers ==4.4.2',
      'torch >=1.12',
      'datasets ==2.1',
    ])
    const lock = jsonFacts(
      '{"default": {"torch": {"version": "==2.1.0"}, "x": {"git": "…"}}, "develop": {"trl": {"version": "==0.9"}}}',
    )
    assert.deepEqual(shown(pipfileLockVersions(lock)), ['torch ==2.1.0', 'trl ==0.9'])
    const pipfile = tomlFacts('[packages]\ntorch = "~=2.1"\nx = "*"\nlightning = {version = ">=2"}\n', trees)
    assert.deepEqual(shown(pipfileVersions(pipfile)), ['torch >=2.1', 'lightning >=2'])
  })

  it('reads the version of a library that lies in the project', () => {
    const version = (text: string) => shown(packageVersions('transformers', text))
    assert.deepEqual(version('# docs\n__version__ = "4.4.2"\n'), ['transformers ==4.4.2'])
    assert.deepEqual(version('__version__: str = "4.5.0.dev0"\n'), ['transformers ==4.5.0'])
    assert.deepEqual(version('__version__ = get_version()\n'), [])
  })

  it('reads the image that a Dockerfile builds on', () => {
    const docker = (text: string) => shown(dockerfileVersions(text))
    assert.deepEqual(docker('FROM pytorch/pytorch:2.1.0-cuda12.1-cudnn8-runtime\nRUN pip install x\n'), [
      'torch ==2.1.0',
    ])
    assert.deepEqual(
      docker(
        'ARG TAG=24.05-py3\nFROM --platform=linux/amd64 nvcr.io/nvidia/pytorch:${TAG} AS base\nFROM base\n',
      ),
      ['torch ==2.4'],
    )
    assert.deepEqual(docker('FROM pytorch/pytorch:1.10.0 AS build\nFROM python:3.11\n'), [])
  })

  it('reads images', () => {
    const image = (name: string) => shown(imageVersions(name))
    assert.deepEqual(image('pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel'), ['torch ==2.5.1'])
    assert.deepEqual(image('nvcr.io/nvidia/pytorch:24.05-py3'), ['torch ==2.4'])
    assert.deepEqual(image('tensorflow/tensorflow:2.15.0-gpu'), ['tensorflow ==2.15.0'])
    assert.deepEqual(
      image(
        '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-training:2.1.0-transformers4.36.0-gpu-py310',
      ),
      ['torch ==2.1.0', 'transformers ==4.36.0'],
    )
    assert.deepEqual(image('localhost:5000/pytorch/pytorch:2.1.0'), ['torch ==2.1.0'])
    for (const other of [
      'pytorch/pytorch:latest',
      'python:3.10',
      'mycompany/train:1.2.3',
      'pytorch/pytorch',
    ]) {
      assert.deepEqual(image(other), [])
    }
  })

  it('lets a pin win over a bound', () => {
    const merged = mergeVersions(
      requirementsVersions('torch>=2.0\nx<3'),
      lockVersions('[[package]]\nname = "torch"\nversion = "2.5.1"\n'),
      imageVersions('pytorch/pytorch:1.0.0'),
    )
    assert.deepEqual(shown(merged), ['torch ==2.5.1', 'x <3'])
    assert.deepEqual(plainVersions(merged), { torch: '2.5.1', 'torch==': '2.5.1', 'x<': '3' })
  })
})
