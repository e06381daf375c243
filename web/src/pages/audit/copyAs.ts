// An event as commands and queries of other tools that find it again.
import { term } from '@/format/query'
import { isoInstant } from '@/format/range'
import type { AuditEvent, Raw } from './event'
import { shellWord, sqlText } from './shell'

export interface Copy {
  key: 'aws' | 'jq' | 'athena' | 'kopter' | 'json' | 'link'
  label: string
  /** What one has to know to use it. */
  note: string
  /** Undefined where the tool does not know such events; note says why. */
  text: string | undefined
}

/** How long CloudTrail's own history goes back; its user guide, "Event history". */
const HISTORY_DAYS = 90
const DAY = 86_400_000

export function copiesOf(event: AuditEvent, raw: Raw | undefined, link: string, now: number): Copy[] {
  return [
    { key: 'aws', label: 'aws cloudtrail lookup-events', ...lookupEvents(event, raw, now) },
    { key: 'jq', label: 'jq over log files', note: 'Where the folder AWSLogs is.', text: jq(event, raw) },
    { key: 'athena', label: 'Athena SQL', note: 'Name your table in place of cloudtrail_logs.', text: athena(event, raw) },
    { key: 'kopter', label: 'kopter search', note: 'Beside kopter-data, or with --data.', text: kopter(event) },
    { key: 'json', label: 'Raw JSON', note: 'The record as CloudTrail wrote it.', text: raw && JSON.stringify(raw, null, 2) },
    { key: 'link', label: 'Link', note: 'To the page of this event.', text: link },
  ]
}

/** The whole seconds around an event, as the flags of both tools take them. */
function around(event: AuditEvent): { from: string; to: string } {
  const second = Math.floor(Date.parse(event.time) / 1000) * 1000
  return { from: isoInstant(second), to: isoInstant(second + 1000) }
}

function textOf(raw: Raw | undefined, name: string): string {
  const value = raw?.[name]
  return typeof value === 'string' ? value : ''
}

/** Whether the record itself has the id that Kopter knows it by. */
function hasOwnId(event: AuditEvent, raw: Raw | undefined): boolean {
  return event.event_id !== '' && (raw === undefined || raw['eventID'] === event.event_id)
}

// lookup-events takes one attribute. In this order fewer and fewer events share
// a value.
function lookupAttribute(event: AuditEvent, raw: Raw | undefined): [key: string, value: string] {
  const identity = raw?.['userIdentity'] as Raw | undefined
  const candidates: [string, string][] = [
    ['EventId', hasOwnId(event, raw) ? event.event_id : ''],
    ['AccessKeyId', event.access_key],
    ['ResourceName', event.resources[0] ?? ''],
    ['Username', textOf(identity, 'userName')],
    ['EventName', event.name],
  ]
  return candidates.find(([, value]) => value !== '') ?? ['EventSource', event.source]
}

function lookupEvents(event: AuditEvent, raw: Raw | undefined, now: number): { note: string; text: string | undefined } {
  const category = textOf(raw, 'eventCategory')
  if (category === 'Data' || category === 'NetworkActivity') {
    return { note: `Its history has management events only; this is one of category ${category}.`, text: undefined }
  }
  const [key, value] = lookupAttribute(event, raw)
  const { from, to } = around(event)
  const words = ['aws cloudtrail lookup-events']
  if (category === 'Insight') words.push('--event-category insight')
  if (event.region) words.push(`--region ${shellWord(event.region)}`)
  words.push(`--start-time ${from}`, `--end-time ${to}`, `--lookup-attributes ${shellWord(attribute(key, value))}`)
  const old = now - Date.parse(event.time) > HISTORY_DAYS * DAY
  const note = old ? `CloudTrail's own history goes back ${HISTORY_DAYS} days; this event is older.` : event.account ? `As account ${event.account}.` : 'As the account of the event.'
  return { note, text: words.join(' ') }
}

// The short form of the AWS CLI reads commas, quotes and brackets of its own;
// JSON says the same of any value.
function attribute(key: string, value: string): string {
  if (/^[A-Za-z0-9_.:/@-]+$/.test(value)) return `AttributeKey=${key},AttributeValue=${value}`
  return JSON.stringify([{ AttributeKey: key, AttributeValue: value }])
}

/** Files are named for when they were delivered: up to a day later than the event. */
function fileNames(event: AuditEvent): string {
  const account = /^\d{12}$/.test(event.account) ? event.account : '*'
  const region = /^[a-z0-9-]+$/.test(event.region) ? event.region : '*'
  const names = [0, DAY].map((later) => {
    const day = new Date(Date.parse(event.time) + later).toISOString().slice(0, 10).replace(/-/g, '')
    return `-name ${shellWord(`${account}_CloudTrail_${region}_${day}T*.json.gz`)}`
  })
  return `\\( ${names.join(' -o ')} \\)`
}

/** Members of the record that tell it from others, as jq, Athena and the record call them. */
function marks(event: AuditEvent, raw: Raw | undefined): [name: string, value: string][] {
  if (hasOwnId(event, raw)) return [['eventID', event.event_id]]
  const all: [string, string][] = [
    ['eventTime', textOf(raw, 'eventTime')],
    ['eventSource', event.source],
    ['eventName', event.name],
    ['requestID', textOf(raw, 'requestID')],
  ]
  return all.filter(([, value]) => value !== '')
}

function jq(event: AuditEvent, raw: Raw | undefined): string {
  const found = marks(event, raw)
  const args = found.map(([name, value]) => `--arg ${name} ${shellWord(value)}`).join(' ')
  const test = found.map(([name]) => `.${name} == $${name}`).join(' and ')
  return `find AWSLogs ${fileNames(event)} -exec gzip -dc {} + | jq ${args} '.Records[] | select(${test})'`
}

function athena(event: AuditEvent, raw: Raw | undefined): string {
  const found = marks(event, raw)
  const time = textOf(raw, 'eventTime')
  if (time && !found.some(([name]) => name === 'eventTime')) found.push(['eventTime', time])
  const conditions = found.map(([name, value]) => `${name.toLowerCase()} = ${sqlText(value)}`)
  return `SELECT *\nFROM cloudtrail_logs\nWHERE ${conditions.join('\n  AND ')}`
}

function kopter(event: AuditEvent): string {
  const { from, to } = around(event)
  const query = [term('event_id', event.event_id), ...(event.account ? [term('account', event.account)] : [])].join(' ')
  return `kopter search ${shellWord(query)} --from ${from} --to ${to}`
}
