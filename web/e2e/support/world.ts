// A Kopter that watches folders into which a test writes what it likes: log
// files as CloudTrail delivers them, and price lists.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from './client.ts'
import { Kopter, type Served } from './kopter.ts'

export const ACCOUNT = '111122223333'
export const REGION = 'us-east-1'

/** What a test says of an event; the rest is as in any. */
export interface Call {
  id: string
  /** RFC 3339, in whole seconds. */
  time: string
  name?: string
  source?: string
  user?: string
  agent?: string
  ip?: string
  error?: { code: string; message: string }
  request?: Record<string, unknown>
  response?: Record<string, unknown>
}

export class World {
  private readonly folder: string
  private readonly kopter: Kopter
  readonly served: Served
  readonly api: Client
  private files = 0

  private constructor(folder: string, kopter: Kopter, served: Served) {
    this.folder = folder
    this.kopter = kopter
    this.served = served
    this.api = new Client(served.url, served)
  }

  /** Starts a Kopter over empty folders; watch is one more, to be read in place. */
  static async begin(watch: readonly string[] = []): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'kopter-world-'))
    const places = { logs: join(folder, 'logs'), prices: join(folder, 'prices') }
    await Promise.all(Object.values(places).map((place) => mkdir(place)))
    const kopter = await Kopter.start('serve', ...[places.logs, ...watch].flatMap((place) => ['--watch', place]), '--prices', places.prices)
    return new World(folder, kopter, await kopter.signIn())
  }

  async end(): Promise<void> {
    await this.kopter.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** What a command of the same binary prints about the same data. */
  run(...args: string[]): Promise<string> {
    return this.kopter.run(...args)
  }

  /** Delivers a log file with these calls. */
  async deliver(...calls: Call[]): Promise<void> {
    await this.write(`logs/${ACCOUNT}_CloudTrail_${REGION}_${String(++this.files).padStart(4, '0')}.json`, JSON.stringify({ Records: calls.map(recordOf) }))
  }

  /** Puts a file of any content where log files are looked for. */
  async drop(name: string, content: string): Promise<void> {
    await this.write(`logs/${name}`, content)
  }

  /** A price list: US dollars an hour of each type, Linux and on demand. */
  async price(rates: Record<string, string>): Promise<void> {
    await this.write('prices/offer.json', JSON.stringify(offerOf(rates)))
  }

  // As a whole or not at all, so that a watcher never sees half a file.
  private async write(path: string, content: string): Promise<void> {
    const before = join(this.folder, 'coming')
    await writeFile(before, content)
    await rename(before, join(this.folder, path))
  }
}

function recordOf(call: Call): Record<string, unknown> {
  const user = call.user ?? 'ann'
  return {
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn: `arn:aws:iam::${ACCOUNT}:user/${user}`, accountId: ACCOUNT, accessKeyId: 'AKIAEXAMPLE000000000', userName: user },
    eventTime: call.time,
    eventSource: call.source ?? 'ec2.amazonaws.com',
    eventName: call.name ?? 'DescribeInstances',
    awsRegion: REGION,
    sourceIPAddress: call.ip ?? '198.51.100.7',
    userAgent: call.agent ?? 'aws-cli/2.15',
    ...(call.error ? { errorCode: call.error.code, errorMessage: call.error.message } : {}),
    requestParameters: call.request ?? null,
    responseElements: call.response ?? null,
    requestID: `request-${call.id}`,
    eventID: call.id,
    readOnly: false,
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
  }
}

/** A call that launches an instance. */
export function launch(call: Call & { instance: string; type: string; tags?: Record<string, string> }): Call {
  const item = {
    instanceId: call.instance,
    imageId: 'ami-00000000000000001',
    instanceState: { code: 0, name: 'pending' },
    instanceType: call.type,
    launchTime: Date.parse(call.time),
    placement: { availabilityZone: `${REGION}a`, tenancy: 'default' },
    architecture: 'x86_64',
    tagSet: { items: Object.entries(call.tags ?? {}).map(([key, value]) => ({ key, value })) },
  }
  return {
    ...call,
    name: 'RunInstances',
    request: { instancesSet: { items: [{ imageId: item.imageId, minCount: 1, maxCount: 1 }] }, instanceType: call.type },
    response: { reservationId: 'r-00000000000000001', ownerId: ACCOUNT, instancesSet: { items: [item] } },
  }
}

/** A call that ends an instance's life. */
export function terminate(call: Call & { instance: string }): Call {
  const change = { instanceId: call.instance, currentState: { code: 32, name: 'shutting-down' }, previousState: { code: 16, name: 'running' } }
  return {
    ...call,
    name: 'TerminateInstances',
    request: { instancesSet: { items: [{ instanceId: call.instance }] } },
    response: { instancesSet: { items: [change] } },
  }
}

// In the format of the AWS price list (index.json), of which only what Kopter
// asks for is here.
function offerOf(rates: Record<string, string>): unknown {
  const skus = Object.entries(rates).map(([type, rate]) => ({ sku: type.toUpperCase().replace('.', ''), type, rate }))
  return {
    formatVersion: 'v1.0',
    offerCode: 'AmazonEC2',
    version: '20230701000000',
    publicationDate: '2023-07-01T00:00:00Z',
    products: Object.fromEntries(skus.map(({ sku, type }) => [sku, { sku, productFamily: 'Compute Instance', attributes: attributesOf(type) }])),
    terms: { OnDemand: Object.fromEntries(skus.map(({ sku, rate }) => [sku, { [`${sku}.JRTCKXETXF`]: termOf(sku, rate) }])) },
  }
}

function attributesOf(type: string): Record<string, string> {
  return {
    regionCode: REGION,
    location: 'US East (N. Virginia)',
    instanceType: type,
    tenancy: 'Shared',
    operatingSystem: 'Linux',
    licenseModel: 'No License required',
    usagetype: `BoxUsage:${type}`,
    operation: 'RunInstances',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
    preInstalledSw: 'NA',
  }
}

function termOf(sku: string, rate: string): unknown {
  const rateCode = `${sku}.JRTCKXETXF.6YS6EN2CT7`
  const dimension = { rateCode, description: 'per On Demand Linux Instance Hour', unit: 'Hrs', beginRange: '0', endRange: 'Inf', appliesTo: [], pricePerUnit: { USD: rate } }
  return { offerTermCode: 'JRTCKXETXF', sku, effectiveDate: '2023-07-01T00:00:00Z', termAttributes: {}, priceDimensions: { [rateCode]: dimension } }
}
