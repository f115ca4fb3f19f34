/** Which Dockerfile of the project an image comes from, where nothing in the project says that it builds it. */
import type { ImageProgram } from '../workload/claim.js'
import { imageTail } from './image-names.js'
import { baseName, folderOf } from './paths.js'

/** Registries whose images are made by others, or by whoever pushes there: the name has to say more. */
const open = /^(docker\.io|index\.docker\.io|ghcr\.io|quay\.io|public\.ecr\.aws|registry\.hub\.docker\.com)$/i

/** Images that clouds and projects offer to everybody. */
const published =
  /^(nvcr\.io|mcr\.microsoft\.com|registry\.k8s\.io|k8s\.gcr\.io)\/|\.pkg\.dev\/(vertex-ai|deeplearning-platform-release|cloudrun)\b|^gcr\.io\/(deeplearning-platform-release|cloud-aiplatform|cloud-builders|google[-.\w]*|kaniko-project|ml-pipeline|kubeflow-images-public|distroless|tfx-oss-public|cloud-marketplace)\b|^(763104351884|683313688378|246618743249|520713654638|685385470294|141502667606|492215442770|382416733822|174872318107|404615174143|811284229777|632365934929)\.dkr\.ecr\./i

/** Those that one knows by their names, whoever copies them to a registry of their own. */
const known =
  /^(pytorch|tensorflow|tensorboard|python|ubuntu|debian|alpine|busybox|nginx|redis|postgres\w*|mysql|mariadb|mongo\w*|kafka|zookeeper|rabbitmq|minio|mc|prometheus|grafana|mlflow|jupyter[\w-]*|\w*-?notebook|vllm[\w-]*|text-generation-inference|tritonserver|ollama|ray(-ml|-llm)?|spark|airflow|cuda|miniconda3?|anaconda3?|micromamba|curl|git|aws-cli|cloud-sdk|google-cloud-cli|azure-cli|kubectl|helm|node|golang|openjdk|traefik|envoy|etcd|elasticsearch|kibana|qdrant|milvus|weaviate|chroma|keycloak|vault|consul|dcgm-exporter|k8s-device-plugin|nccl-tests)$/i

/** Names of folders that say nothing of what is built there. */
const plain =
  /^(docker(files?)?|containers?|images?|build|deploy(ment)?|src|app|infra|k8s|kubernetes|ci|\.?|ml)$/i

const trains = /(^|[-_.])(train(er|ing)?|fine-?tun(e|er|ing)|learner|sft|pretrain(er|ing)?)([-_.]|$)/i

export function isPublished(name: string): boolean {
  return published.test(name) || known.test(imageTail(name) ?? '')
}

/** It may be an image of the project: no published one, and no name that anybody could have given to something else. */
export function mayBeOwn(name: string, program: ImageProgram): boolean {
  const tail = imageTail(name)
  if (isPublished(name)) return false
  const first = name.split('/')[0]!
  const hasHost = name.includes('/') && /[.:$<{]|^localhost$/.test(first)
  if (hasHost && !open.test(first)) return true
  if (tail === null) return /[$<{]/.test(name)
  return trains.test(tail) || speaksOf(tail, stemOf(program))
}

/** Of images that could all be the program's, the one that its name speaks of: `bert-train` beside `bert-serve`. */
export function speaksOfProgram(tail: string, program: ImageProgram): boolean {
  const stem = stemOf(program)
  return speaksOf(tail, stem) || (trains.test(tail) && trains.test(stem))
}

/** The folder of its Dockerfile, or what its name adds (`train.Dockerfile`), stands in the name of the image. */
export function isNamedAfter(name: string, program: ImageProgram): boolean {
  const tail = imageTail(name)
  if (tail === null || isPublished(name)) return false
  const { path } = program.launch.location
  const added = baseName(path).replace(/(^|[.-])Dockerfile([.-]|$)/i, '')
  const said = added === '' ? baseName(folderOf(path)) : added
  return !plain.test(said) && speaksOf(tail, said)
}

/** `fit-train` and `train-v2` speak of `train`; `trainer` and `strain` do not. */
function speaksOf(tail: string, word: string): boolean {
  const bare = (text: string) => text.toLowerCase().replace(/[_.]/g, '-')
  return word.length > 2 && `-${bare(tail)}-`.includes(`-${bare(word)}-`)
}

function stemOf({ launch: { program } }: ImageProgram): string {
  return baseName(program.path ?? (program.module ?? '').replaceAll('.', '/')).replace(/\.\w+$/, '')
}

export function startsPython({ launch: { program, serves } }: ImageProgram): boolean {
  return serves !== true && (program.module !== null || /\.py$/.test(program.path ?? ''))
}
