/** What loading one sample costs, by data set class and by what its code calls. Canonical names. */

/** torchvision data sets that hold everything in memory; their transforms still run for each sample. */
export const inMemoryDataSets = new Set(
  'MNIST FashionMNIST KMNIST EMNIST QMNIST CIFAR10 CIFAR100 USPS SVHN STL10 FakeData SEMEION'
    .split(' ')
    .map((name) => `torchvision.datasets.${name}`),
)

/** Any other class of these modules reads and decodes a file for each sample. */
export const decodingModules = [
  'torchvision.datasets.',
  'torchaudio.datasets.',
  'webdataset.',
  'litdata.',
  'streaming.',
]

/** A data set of a library that decodes, among what code calls; undefined: none. */
export function decodingSetIn(calls: Iterable<string>): string | undefined {
  return [...calls].find(
    (name) =>
      !inMemoryDataSets.has(name) &&
      decodingModules.some((prefix) => name.startsWith(prefix)) &&
      /\.[A-Z]\w*$/.test(name),
  )
}

/** Calls that read a picture from its file. */
export const pictureReader =
  /^(cv2\.imread|PIL\.Image\.open|imageio\.(v2\.|v3\.)?imread|skimage\.io\.imread|torchvision\.io\.(read_image|decode_image|decode_jpeg)|pydicom\.dcmread|nibabel\.load)$/

/** Calls that read an array from its file. */
export const arrayReader =
  /^(numpy\.load|torch\.load|h5py\.File|scipy\.io\.loadmat|rasterio\.open|tifffile\.imread|SimpleITK\.ReadImage|nrrd\.read|soundfile\.read|librosa\.(core\.)?load|torchaudio\.load)$/

/** What decodes, as below, where it is pictures that it reads from files. */
export const decodesPictures =
  /^(PIL|OpenCV|imread\(\)|torchvision\.io|ImageFolder|DatasetFolder|ImageNet|Coco(Detection|Captions)|Places365|CelebA|Flowers102|Food101|OxfordIIITPet|StanfordCars|Caltech\d+|FGVCAircraft|INaturalist|Country211|LFW\w+|VOC\w+)$/

/** What programs use that deal with pictures, sound, films or graphs. Prefixes end in a dot. */
export const mediaLibraries = [
  ...['torchvision.', 'timm.', 'albumentations.', 'kornia.', 'segmentation_models_pytorch.'],
  ...['torch.nn.Conv2d', 'torch.nn.Conv3d'],
  ...['PIL.', 'cv2.', 'skimage.', 'imageio.', 'monai.', 'torchio.'],
  // Graphs take as long to put together.
  ...['dgl.', 'torch_geometric.', 'rdkit.'],
  ...['nibabel.', 'SimpleITK.', 'pydicom.', 'rasterio.'],
  ...['librosa.', 'torchaudio.', 'soundfile.', 'audiomentations.', 'decord.', 'av.', 'lerobot.'],
]

/** What decodes pictures, sound or films. */
export const decodesMedia = /^(PIL|OpenCV|imread|torchvision)|image|audio|video|(Folder|CIFAR|Coco)/i

/** What decodes sound. */
export const decodesSound = /^(torchaudio|an audio decoder)$/

const tokenizer = 'a tokenizer'

/** Calls that read or decode, with what to call them in a message: what costs most comes first. Prefixes end in a dot. */
const decodingCalls: [RegExp, string][] = [
  [/^PIL\.Image\.open$/, 'PIL'],
  [/^cv2\.(imread|VideoCapture|imdecode)$/, 'OpenCV'],
  [/^torchvision\.io\./, 'torchvision.io'],
  [
    /^(skimage\.io|imageio(\.v\d)?|tifffile|matplotlib\.(image|pyplot)|scipy\.(misc(\.pilutil)?|ndimage))\.(imread|open)$/,
    'imread()',
  ],
  [/^keras\.(utils|preprocessing\.image|utils\.image_utils)\.load_img$/, 'load_img()'],
  [/^torchaudio\.load$/, 'torchaudio'],
  [/^(librosa|soundfile)\./, 'an audio decoder'],
  [/^(decord|av|moviepy)\./, 'a video decoder'],
  [/^h5py\./, 'h5py'],
  [/^(nibabel|SimpleITK|pydicom|rasterio|zarr|lmdb|tables)\./, 'a file reader'],
  [/^open$/, 'open()'],
  [/^(numpy|torch)\.load$/, 'a file read'],
  [/^pandas\.read_/, 'pandas'],
  [/^(json|pickle)\.load$/, 'a file read'],
  // Whoever brings pictures to a size in the code of a sample has them decoded there, as by a table of a library.
  [
    /^torchvision\.transforms(\.v2)?\.(functional\.(resize|resized_crop|affine|rotate|to_pil_image)|Resize|RandomResizedCrop|ToPILImage)$/,
    'torchvision.transforms',
  ],
  [/^\.processor$/, 'a processor'],
  [/^\.(encode_plus|batch_encode_plus|tokenize|apply_chat_template)$/, tokenizer],
]

/** A text takes a tokenizer a fraction of the time that the network behind it takes. */
export function decodingWork(decoder: string): 'tokenize' | 'decode' {
  return decoder === tokenizer ? 'tokenize' : 'decode'
}

/** What reads or decodes among these calls; null where none does. */
export function decoderIn(calls: Iterable<string>): string | null {
  const all = [...calls]
  return decodingCalls.find(([pattern]) => all.some((call) => pattern.test(call)))?.[1] ?? null
}
