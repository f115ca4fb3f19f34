/** What code for one sample asks of a store, a database or a server. Canonical names. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { textIn } from '../../values/argument.js'
import { codeMatches } from './evidence.js'

const requests =
  /^(requests\.(get|post|request)|httpx\.(get|post|request|stream)|urllib\.request\.(urlopen|urlretrieve)|urllib3\.request|wget\.download|smart_open\.(open|smart_open)|cloudpathlib\.\w+)$/

/** Objects that stand for something over the network, with the methods that ask it. */
const clients: readonly { made: RegExp; asks: RegExp; what: string }[] = [
  {
    made: /^(requests\.(Session|session)|httpx\.(Async)?Client|aiohttp\.ClientSession|urllib3\.PoolManager)$/,
    asks: /^(get|post|put|request|stream|urlopen|send)$/,
    what: 'a request',
  },
  {
    made: /^(s3fs\.S3FileSystem|gcsfs\.GCSFileSystem|adlfs\.AzureBlobFileSystem|ossfs\.OSSFileSystem|fsspec\.filesystem|pyarrow\.fs\.\w*(S3|Gcs|Azure|Hadoop)FileSystem|huggingface_hub\.HfFileSystem)$/,
    asks: /^(open|cat|cat_file|cat_ranges|get|get_file|download|read_bytes|read_text|open_input_\w+)$/,
    what: 'a request to the store',
  },
  {
    made: /^(google\.cloud\.storage\.Client(\.\w+)?|azure\.storage\.blob\.(aio\.)?\w+Client(\.\w+)?|minio\.Minio|obstore\.\w+(\.\w+)*|oss2\.Bucket|boto3\.(client|resource|Session))$/,
    asks: /^(download\w*|get_item|batch_get_item|query|get_object|get_blob|fget_object|get_object_to_file|readall|open)$/,
    what: 'a request to the store',
  },
  {
    made: /^((psycopg2?|MySQLdb|pymysql|mysql\.connector|mariadb|cx_Oracle|oracledb|pyodbc|snowflake\.connector|clickhouse_connect|clickhouse_driver|trino\.dbapi|databricks\.sql|redshift_connector|asyncpg|sqlalchemy)\.(\w+\.)*(create_engine|connect|Connection|Client|get_client|create_pool|\w*ConnectionPool)|google\.cloud\.bigquery\.Client)$/,
    asks: /^(execute\w*|query\w*|fetch(row|val)?|read_sql\w*)$/,
    what: 'a query to the database',
  },
  {
    made: /^(pymongo\.(\w+\.)*MongoClient|motor\.\w+\.\w+|redis\.(\w+\.)*(Redis|StrictRedis|RedisCluster|from_url)(\.from_url)?|cassandra\.cluster\.Cluster|elasticsearch\.Elasticsearch|opensearchpy\.OpenSearch|qdrant_client\.QdrantClient|pymilvus\.\w+|weaviate\.\w+|pinecone\.\w+|pymemcache\.(\w+\.)*\w+|happybase\.Connection)$/,
    asks: /^(find\w*|aggregate|get|mget|hget|hgetall|hmget|lrange|lindex|execute|search|query|retrieve|fetch|row|scroll)$/,
    what: 'a query to the database',
  },
  // Arrays of which the parts are fetched when they are asked for.
  {
    made: /^(xarray\.open_\w+|zarr\.open\w*|dask\.(\w+\.)*from_zarr)$/,
    asks: /^(isel|sel|load|compute|to_numpy|interp)$/,
    what: 'a request to the store',
  },
]
/** Of these, what is told where it is decides: a file of this machine asks nobody. */
const byPlace = /^(fsspec\.|xarray\.|zarr\.|dask\.)/

/** Names of what a store hands out whole: one request for many samples. */
const shards = /shard|\.tar\b|\.parquet|\.arrow|tfrecord/i
const remote = /^\/?(s3[an]?|gs|gcs|abfss?|az|adl|wasbs?|oss|cos|obs|hdfs|hf|https?|ftp|swift|dbfs):\/\//
const remoteProtocol = /^(s3a?|gs|gcs|abfss?|az|adl|oss|hdfs|hf|https?|ftp)$/
/** Functions that open or read what they are told the place of. */
const opens =
  /^(fsspec\.(open|open_files)|rasterio\.open|rioxarray\.open_rasterio|xarray\.open_\w+|zarr\.open\w*|pandas\.read_\w+|pyarrow\.\w+\.read_\w+|polars\.(read|scan)_\w+|imageio\.(\w+\.)?imread|skimage\.io\.imread|tensorflow\.(io\.)?(gfile\.GFile|read_file|io\.read_file)|tifffile\.imread|soundfile\.read|h5py\.File|torchvision\.io\.\w+|av\.open|decord\.VideoReader|cv2\.VideoCapture|smart_open\.\w+|nibabel\.load|geopandas\.read_file|upath\.UPath)$/

/** What is asked over the network, as a phrase; null: nothing is. */
export function remoteRead(analysis: PythonModule, call: Call): string | null {
  const { expr, name, method } = call
  const text = analysis.text.slice(expr.start, Math.min(expr.end, expr.start + 400))
  if (shards.test(text)) return null
  if (name !== null && requests.test(name)) {
    const [place] = expr.args
    if (place !== undefined && onThisMachine.test(textIn(analysis.fold(place.value)) ?? '')) return null
    const known = place !== undefined && isRemote(analysis, place.value)
    if (name.startsWith('smart_open.') && !known && !/s3|gs|azure|hdfs|http|url|uri|bucket/i.test(text))
      return null
    return 'a request'
  }
  if (name !== null && /^(pandas|polars)\.read_(sql\w*|database\w*)$/.test(name))
    return readsDatabase(analysis, call)
  if (name !== null && opens.test(name))
    return expr.args.some(({ value }) => isRemote(analysis, value)) ? 'a request' : null
  if (expr.callee.type !== 'attribute') return null
  if (/^(get_object|download_file|download_fileobj)$/.test(method))
    return codeMatches(analysis, /\b(boto3|aioboto3|minio)\b/i) ? 'a request to the store' : null
  if (/^download_(as_(bytes|string|text)|to_(filename|file))$/.test(method))
    return codeMatches(analysis, /google\.cloud/) ? 'a request to the store' : null
  if (method === 'download_blob')
    return codeMatches(analysis, /azure\.storage/) ? 'a request to the store' : null
  return asksClient(analysis, expr.callee.value, method)
}

/** `pd.read_sql(query, engine)`. */
function readsDatabase(analysis: PythonModule, { expr }: Call): string | null {
  const given = expr.args.find(({ name }) => name === 'con' || name === 'connection') ?? expr.args[1]
  return given === undefined ? null : asksClient(analysis, given.value, 'execute')
}

function asksClient(analysis: PythonModule, receiver: Expr, method: string): string | null {
  const candidates = clients.filter(({ asks }) => asks.test(method))
  if (candidates.length === 0 || !usesClients(analysis)) return null
  const made = makerOf(analysis, receiver)
  if (made === null) return null
  const name = analysis.nameOf(made.callee) ?? ''
  const client = candidates.find((one) => one.made.test(name))
  if (client === undefined) return null
  if (isOnThisMachine(analysis, made)) return null
  if (!byPlace.test(name)) return client.what
  const [place] = made.args
  if (place === undefined) return null
  const protocol = textIn(analysis.fold(place.value))
  return isRemote(analysis, place.value) || remoteProtocol.test(protocol ?? '') ? client.what : null
}

const onThisMachine = /localhost|127\.0\.0\.1|\.sock\b|sqlite:/

/** `redis.Redis()`, `MongoClient("localhost")`. */
function isOnThisMachine({ text }: PythonModule, { callee, args, end }: Expr & { type: 'call' }): boolean {
  const given = text.slice(callee.end, end)
  return (
    onThisMachine.test(given) ||
    (args.length === 0 && /(redis|pymongo)\b/i.test(text.slice(callee.start, callee.end)))
  )
}

const libraries =
  /^(requests|httpx|aiohttp|urllib3|s3fs|gcsfs|adlfs|ossfs|fsspec|pyarrow|huggingface_hub|google|azure|minio|obstore|oss2|boto3|psycopg2?|sqlalchemy|MySQLdb|pymysql|mysql|mariadb|cx_Oracle|oracledb|pyodbc|snowflake|clickhouse_\w+|trino|databricks|redshift_connector|asyncpg|pymongo|motor|redis|cassandra|elasticsearch|opensearchpy|qdrant_client|pymilvus|weaviate|pinecone|pymemcache|happybase|xarray|zarr|dask)(\.|$)/

function usesClients(analysis: PythonModule): boolean {
  return once(analysis, 'uses clients', () => [...analysis.imports].some((one) => libraries.test(one)))
}

const deepest = 8

/** The call that makes the object behind fields, parts and methods: `MongoClient(url)` of `self.collection`. */
function makerOf(analysis: PythonModule, expr: Expr, depth = 0): (Expr & { type: 'call' }) | null {
  if (depth > deepest) return null
  if (expr.type === 'call' && analysis.nameOf(expr.callee) !== null) return expr
  const made = analysis.definition(expr)
  if (made !== expr) return makerOf(analysis, made, depth + 1)
  if (expr.type === 'attribute') {
    const held = assignedField(analysis, expr)
    return makerOf(analysis, held ?? expr.value, depth + 1)
  }
  if (expr.type === 'subscript') return makerOf(analysis, expr.value, depth + 1)
  if (expr.type === 'call')
    return expr.callee.type === 'attribute' ? makerOf(analysis, expr.callee.value, depth + 1) : null
  return null
}

/** `self.connection = None` in the constructor, and the client where it is first asked for. */
function assignedField(analysis: PythonModule, expr: Expr & { type: 'attribute' }): Expr | null {
  const values = analysis.attributeValues(expr)
  const real = values.flatMap((one) => (one === null || one.type === 'constant' ? [] : [one]))
  return real.length === 1 ? real[0]! : null
}

/** A text that begins with the address of a store: `"s3://bucket/" + key`, `f"{ROOT}/{name}"`, `os.path.join(ROOT, name)`. */
function isRemote(analysis: PythonModule, expr: Expr, depth = 0): boolean {
  if (depth > deepest) return false
  const known = textIn(analysis.fold(expr))
  if (known !== null) return remote.test(known)
  if (expr.type === 'binary' && (expr.op === '+' || expr.op === '/' || expr.op === '%'))
    return isRemote(analysis, expr.left, depth + 1)
  if (expr.type === 'fstring') {
    const written = analysis.text.slice(expr.start, expr.end).replace(/^[rRfFbB]*("""|'''|"|')/, '')
    const [, field] = /^\{([\w.]+)\}/.exec(written) ?? []
    if (field === undefined) return remote.test(written)
    return childrenOf(expr).some(
      (part) => analysis.text.slice(part.start, part.end) === field && isRemote(analysis, part, depth + 1),
    )
  }
  if (expr.type === 'call') {
    const { callee, args } = expr
    const first = args[0]?.value
    const joins = /^(os\.path\.join|posixpath\.join|str|cloudpathlib\.\w+|upath\.UPath)$/.test(
      analysis.nameOf(callee) ?? (callee.type === 'name' ? callee.id : ''),
    )
    if (joins && first !== undefined) return isRemote(analysis, first, depth + 1)
    return (
      callee.type === 'attribute' && callee.attr === 'format' && isRemote(analysis, callee.value, depth + 1)
    )
  }
  const made = analysis.definition(expr)
  return made !== expr && isRemote(analysis, made, depth + 1)
}
