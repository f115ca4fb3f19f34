/** Calls of libraries that load a file, a folder or a model as a whole, whatever is needed of it. Canonical names. */
import type { CallExpr } from '../syntax/python-ast.js'
import { byName } from '../text/by-name.js'

export interface WholeLoad {
  names: RegExp
  /** As a clause. */
  what: string
  weight: 'slight' | 'ordinary'
  /** Its value can be kept: it is no handle that has to be closed. */
  complete: boolean
  /** Which arguments decide what comes out. */
  inputs: 'arguments' | 'first'
}

const known: WholeLoad[] = [
  {
    names: /^pandas\.read_(csv|parquet|json|pickle|excel|feather|hdf|table|sql|sql_query)$/,
    what: 'reads the whole table again',
    weight: 'ordinary',
    complete: true,
    inputs: 'arguments',
  },
  {
    names:
      /^(json|pickle|joblib|torch|numpy|dill|cloudpickle)\.load$|^scipy\.io\.loadmat$|^yaml\.(safe_load|load|full_load)$|^numpy\.(loadtxt|genfromtxt)$/,
    what: 'reads the whole file again',
    weight: 'ordinary',
    complete: true,
    inputs: 'first',
  },
  {
    names:
      /^(transformers|sentence_transformers|diffusers|tokenizers|timm|open_clip|peft)\.(\w+\.)*(from_pretrained|from_file|pipeline|create_model\w*)$|^spacy\.load$|^torch\.hub\.load$|^sentence_transformers\.SentenceTransformer$|^whisper\.load_model$/,
    what: 'loads a model or tokenizer again',
    weight: 'ordinary',
    complete: true,
    inputs: 'arguments',
  },
  {
    names:
      /^torchvision\.models\.(\w+\.)*(resnet|vgg|vit|densenet|efficientnet|inception|mobilenet|swin)\w*$/,
    what: 'builds a model again',
    weight: 'ordinary',
    complete: true,
    inputs: 'arguments',
  },
  {
    names:
      /^(facenet_pytorch\.(MTCNN|InceptionResnetV1)|mtcnn\.(\w+\.)*MTCNN|insightface\.app\.FaceAnalysis|mediapipe\.(\w+\.)+(FaceMesh|Hands|Pose|Holistic|FaceDetection)|easyocr\.Reader|paddleocr\.PaddleOCR|ultralytics\.YOLO|dlib\.(get_frontal_face_detector|shape_predictor)|cv2\.(CascadeClassifier|dnn\.readNet\w*)|onnxruntime\.InferenceSession)$/,
    what: 'loads a model again',
    weight: 'ordinary',
    complete: true,
    inputs: 'arguments',
  },
  {
    names: /^(os\.(listdir|scandir|walk)|glob\.i?glob)$/,
    what: 'lists the folder again',
    weight: 'ordinary',
    complete: true,
    inputs: 'first',
  },
  {
    names: /^(zipfile\.ZipFile|tarfile\.open)$/,
    what: 'opens the archive and reads its index again',
    weight: 'ordinary',
    complete: false,
    inputs: 'first',
  },
  {
    names:
      /^(boto3\.(client|resource|Session)|google\.cloud\.storage\.Client|s3fs\.S3FileSystem|gcsfs\.GCSFileSystem|adlfs\.AzureBlobFileSystem|azure\.storage\.blob\.BlobServiceClient(\.from_connection_string)?)$/,
    what: 'makes a client again',
    weight: 'slight',
    complete: false,
    inputs: 'arguments',
  },
  {
    names:
      /^(pycocotools\.coco\.COCO|lvis\.(\w+\.)*LVIS|nuscenes\.(\w+\.)*NuScenes|tensorflow\.(io\.)?gfile\.(listdir|glob)|tokenizers\.Tokenizer\.from_(file|pretrained)|sentencepiece\.SentencePieceProcessor|gensim\.models\.(\w+\.)*load(_word2vec_format)?|xml\.etree\.ElementTree\.parse|polars\.read_\w+|geopandas\.read_file|pyarrow\.parquet\.read_table|datasets\.load_(from_disk|dataset)|ase\.io\.read|yaml\.unsafe_load|omegaconf\.OmegaConf\.load|toml\.load)$/,
    what: 'reads the whole file again',
    weight: 'ordinary',
    complete: true,
    inputs: 'arguments',
  },
  {
    names: /^(h5py\.File|sqlite3\.connect|lmdb\.open|netCDF4\.Dataset|zarr\.open)$/,
    what: 'opens the file again',
    weight: 'slight',
    complete: false,
    inputs: 'first',
  },
]

/** Null: it loads nothing, or nobody knows. */
export const wholeLoad: (name: string) => WholeLoad | null = byName(
  (name) => known.find(({ names }) => names.test(name)) ?? null,
)

/** Mapped, a file costs what is read of it. */
export function readsPart({ args }: CallExpr): boolean {
  return args.some(
    ({ name, value }) =>
      /^mmap(_mode)?$/.test(name ?? '') &&
      (value.type !== 'constant' || (value.value !== null && value.value !== false)),
  )
}
