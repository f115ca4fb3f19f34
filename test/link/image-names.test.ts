import assert from 'node:assert/strict'
import { shellFacts } from '../../server/src/config/shell.js'
import { imageBuildOf, imageTail } from '../../server/src/link/image-names.js'
import { nodeGrammars } from '../config/grammars.js'

const trees = await nodeGrammars('bash')
const builds = (text: string) => shellFacts(text, trees).commands.flatMap(imageBuildOf)

describe('names of images', () => {
  it('end without registry, tag and digest', () => {
    const tails = [
      'train',
      'gcr.io/p/Train:v1',
      'localhost:5000/a/train@sha256:00',
      'gcr.io/$P/train:$TAG',
    ].map(imageTail)
    assert.deepEqual(tails, ['train', 'train', 'train', 'train'])
  })

  it('are unknown where the name itself is a variable', () => {
    assert.deepEqual(['gcr.io/p/$NAME:v1', '${IMAGE}', ''].map(imageTail), [null, null, null])
  })
})

describe('builds of images in shell commands', () => {
  it('name the image, the Dockerfile and the folder', () => {
    assert.deepEqual(
      builds('sudo docker build --no-cache --build-arg A=1 -t a/b:1 -t a/b:latest -f d/Dockerfile .'),
      [
        { image: 'a/b:1', dockerfile: 'd/Dockerfile', folder: '.' },
        { image: 'a/b:latest', dockerfile: 'd/Dockerfile', folder: '.' },
      ],
    )
    assert.deepEqual(builds('gcloud builds submit --tag gcr.io/p/train src'), [
      { image: 'gcr.io/p/train', dockerfile: null, folder: 'src' },
    ])
    assert.deepEqual(builds('cd trainer && podman build --tag=train:$TAG .'), [
      { image: 'train:${?}', dockerfile: null, folder: 'trainer/.' },
    ])
  })

  it('are none without a name, and none of a folder that is not known', () => {
    assert.deepEqual(builds('docker build .\ndocker build -t a $DIR\ndocker run -t a\ndocker push a'), [])
  })
})
