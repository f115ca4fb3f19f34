/** Packages by the name that an import begins with. */
const standard =
  '__future__ abc argparse array ast asyncio base64 bisect builtins bz2 calendar codecs collections colorsys concurrent ' +
  'configparser contextlib contextvars copy copyreg csv ctypes dataclasses datetime decimal difflib dis email enum errno ' +
  'fcntl filecmp fnmatch fractions functools gc getpass gettext glob gzip hashlib heapq hmac html http importlib inspect io ' +
  'ipaddress itertools json keyword linecache locale logging lzma math mimetypes mmap multiprocessing numbers operator os pathlib pickle ' +
  'pkgutil platform pprint profile queue random re reprlib resource secrets select shelve shlex shutil signal socket ' +
  'socketserver sqlite3 ssl stat statistics string struct subprocess sys sysconfig syslog tarfile tempfile textwrap threading time ' +
  'timeit token tokenize tomllib traceback tracemalloc types typing unicodedata unittest urllib uuid warnings weakref ' +
  'xml zipfile zlib zoneinfo' +
  ' aifc asynchat asyncore atexit audioop bdb binascii cProfile cgi cgitb chunk cmath cmd code codeop compileall' +
  ' crypt curses dbm distutils doctest encodings ensurepip faulthandler fileinput ftplib genericpath getopt' +
  ' graphlib grp idlelib imaplib imghdr imp lib2to3 mailbox mailcap marshal modulefinder msilib msvcrt netrc nis' +
  ' nntplib nt ntpath nturl2path opcode optparse ossaudiodev pdb pickletools pipes plistlib poplib posix posixpath' +
  ' pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat quopri readline rlcompleter runpy sched selectors' +
  ' site smtpd smtplib sndhdr spwd sre_compile sre_constants sre_parse stringprep sunau symtable tabnanny' +
  ' telnetlib termios tkinter trace tty turtle turtledemo uu venv wave webbrowser winreg winsound wsgiref xdrlib' +
  ' xmlrpc zipapp zipimport'

const oneDevice =
  'lightning pytorch_lightning lightning_fabric lightning_utilities torch torchvision torchaudio torchtext torchdata torchmetrics torchinfo torchsummary torch_geometric torch_scatter ' +
  'torch_sparse timm einops numpy scipy pandas polars pyarrow sklearn statsmodels skimage cv2 PIL imageio matplotlib ' +
  'seaborn plotly bokeh tqdm rich colorama termcolor click typer fire absl hydra omegaconf yaml toml dotenv pydantic ' +
  'tensorboard tensorboardX wandb mlflow comet_ml neptune clearml aim requests boto3 botocore s3fs gcsfs fsspec google azure ' +
  'psutil joblib h5py zarr lmdb librosa soundfile pydub albumentations imgaug kornia nltk spacy sentencepiece tokenizers ' +
  'datasets evaluate huggingface_hub safetensors peft transformers tensorflow keras tf_keras tensorflow_datasets ' +
  'tensorflow_hub jax jaxlib flax haiku jraph distrax rlax optax optuna hyperopt skopt xgboost lightgbm catboost gym gymnasium IPython ipywidgets ' +
  'packaging six attr attrs networkx rdkit ogb dgl sentence_transformers open_clip clip segmentation_models_pytorch ' +
  'lpips pycocotools nibabel SimpleITK pydicom gensim regex ftfy sacrebleu rouge_score editdistance unidecode sagemaker ' +
  'bitsandbytes fastai fastcore fastprogress fastbook ignite ultralytics supervision roboflow xformers triton setuptools pkg_resources ' +
  'pyrootutils rootutils hydra_zen hydra_plugins gdown jsonlines ujson orjson simplejson easydict munch addict box dotmap ' +
  'prettytable tabulate loguru coloredlogs icecream docopt ml_collections tyro simple_parsing jsonargparse configargparse ' +
  'yacs ruamel tomli pyhocon natsort tifffile openpyxl xlrd lxml bs4 wget moviepy decord pytz dateutil more_itertools ' +
  'tiktoken jieba langdetect sqlalchemy psycopg2 pymongo redis flask fastapi uvicorn starlette streamlit gradio dash jinja2 ' +
  'pytorch_metric_learning torch_ema torch_fidelity pytorch_msssim piq thop fvcore ptflops efficientnet_pytorch'

export const standardLibrary: ReadonlySet<string> = new Set(standard.split(' '))

const manyDevices =
  'accelerate axolotl chex colossalai composer cudf cuml cupy dask dask_ml deepspeed fairscale flash_attn ffcv horovod ' +
  'litdata litgpt mmcv mmdet mmengine mxnet nemo numba orbax paddle pyspark ray sglang streaming tensorflow_addons ' +
  'tensorflow_probability torch_xla torchtune trl tune_sklearn unsloth vllm webdataset'

/** Well-known packages that are installed. */
export const installedPackages: ReadonlySet<string> = new Set(`${oneDevice} ${manyDevices}`.split(' '))

/** Those that use one device, or none, unless the program asks them for more. */
export const singleDevicePackages: ReadonlySet<string> = new Set(oneDevice.split(' '))

const onRay =
  /^(ray|vllm|verl|openrlhf|modin|skyrl|nemo_rl|trlx|alpa|xgboost_ray|lightgbm_ray|ray_lightning)(\.|$)/

/** Ray, or a library that gives it work by itself; also a module of one. */
export function givesToRay(module: string): boolean {
  return onRay.test(module)
}

/** A library that computes on an accelerator; also a module of it. */
export function isAccelerated(module: string): boolean {
  return accelerated.has(module.split('.')[0]!)
}

const accelerated = new Set(
  (
    'torch torchvision torchaudio tensorflow keras tf_keras jax jaxlib flax haiku jraph cupy cudf cuml cugraph dask_cudf dask_cuda rmm numba pycuda ' +
    'onnxruntime tensorrt transformers sentence_transformers diffusers vllm lightning pytorch_lightning accelerate ' +
    'deepspeed nvidia nvtabular merlin paddle mxnet ultralytics detectron2 mmcv mmdet mmengine easyocr whisper open_clip ' +
    'timm fastai autogluon flair stable_baselines3 peft trl bitsandbytes unsloth optimum auto_gptq awq'
  ).split(' '),
)
