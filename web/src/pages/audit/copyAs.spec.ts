// @vitest-environment node
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { copiesOf, type Copy } from './copyAs'
import type { AuditEvent, Raw } from './event'
import { event } from './fixture'
import { shellWord, sqlText } from './shell'

const NOW = Date.parse('2026-11-04T00:00:00Z')
const LINK = 'https://kopter.example/audit/e-1'
const copy = (key: Copy['key'], change: Partial<AuditEvent> = {}, raw: Raw | undefined = { eventID: change.event_id ?? 'e-1', eventTime: '2026-11-03T14:05:09Z' }): Copy =>
  copiesOf(event(change), raw, LINK, NOW).find((one) => one.key === key) as Copy

/** What the shell makes of a command, as its arguments. */
function argumentsOf(command: string, functions: string): string[] {
  const script = `show() { printf '%s\\0' "$@"; }; ${functions}; ${command}`
  return execFileSync('bash', ['--noprofile', '--norc', '-c', script], { env: { LC_ALL: 'C.UTF-8', PATH: '/usr/bin:/bin' } }).toString().split('\0').slice(0, -1)
}

const HOSTILE = [
  "it's",
  "'; touch /tmp/owned; '",
  '$(id)`id`${HOME}',
  '"double" \\ back\\slash\\',
  'a\nb\tc\rd',
  "\u001b[201~\u0003rm -rf ~\n'",
  '\u202egnp.exe \u200b\u0085',
  '-rf',
  '~root',
  '=ls',
  'a*b?[c]{d,e}',
  '!history !!',
  'ünï 漢字 😀',
  '#comment',
  '',
] as const

describe('shellWord', () => {
  it.each(HOSTILE)('is one word that means %j', (value) => {
    expect(argumentsOf(`show ${shellWord(value)}`, ':')).toEqual([value])
  })
  it('shows nothing to a terminal but what can be seen', () => {
    for (const value of HOSTILE) expect(shellWord(value)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/)
  })
  it.each([
    ['eu-west-1', 'eu-west-1'],
    ['AttributeKey=a', "'AttributeKey=a'"],
    ["it's", `'it'\\''s'`],
    ['\u001b', `$'\\x1b'`],
  ])('writes %j as %s', (value, written) => expect(shellWord(value)).toBe(written))
})

it('doubles the quotes of SQL, and nothing else', () => {
  expect(sqlText(`o'b\\'; DROP TABLE x --`)).toBe(`'o''b\\''; DROP TABLE x --'`)
})

describe('aws cloudtrail lookup-events', () => {
  it('asks for the id, within the second', () => {
    expect(copy('aws').text).toBe(
      "aws cloudtrail lookup-events --region eu-west-1 --start-time 2026-11-03T14:05:09Z --end-time 2026-11-03T14:05:10Z --lookup-attributes 'AttributeKey=EventId,AttributeValue=e-1'",
    )
  })
  it.each<[string, Partial<AuditEvent>, Raw, string]>([
    ['the access key', { access_key: 'AKIA1' }, {}, 'AttributeKey=AccessKeyId,AttributeValue=AKIA1'],
    ['the resource', { access_key: '', resources: ['i-1'] }, {}, 'AttributeKey=ResourceName,AttributeValue=i-1'],
    ['the user', { access_key: '' }, { userIdentity: { userName: 'ann' } }, 'AttributeKey=Username,AttributeValue=ann'],
    ['the name', { access_key: '' }, {}, 'AttributeKey=EventName,AttributeValue=RunInstances'],
    ['the source', { access_key: '', name: '' }, {}, 'AttributeKey=EventSource,AttributeValue=ec2.amazonaws.com'],
  ])('without an id of its own asks for %s', (_, change, raw, attribute) => {
    expect(copy('aws', change, raw).text).toContain(attribute)
  })
  it.each(HOSTILE.filter((value) => value !== ''))('hands %j on as it is', (value) => {
    const words = argumentsOf(copy('aws', { event_id: value }, { eventID: value }).text ?? '', 'aws() { show "$@"; }')
    const given = words.at(-1) ?? ''
    const read = given.startsWith('[') ? (JSON.parse(given) as { AttributeValue: string }[])[0]?.AttributeValue : given.replace('AttributeKey=EventId,AttributeValue=', '')
    expect(read).toBe(value)
  })
  it('is not there for events that CloudTrail keeps no history of', () => {
    expect(copy('aws', {}, { eventID: 'e-1', eventCategory: 'Data' })).toMatchObject({ text: undefined, note: expect.stringContaining('category Data') as string })
    expect(copy('aws', {}, { eventID: 'e-1', eventCategory: 'Insight' }).text).toContain('--event-category insight')
    expect(copy('aws', { time: '2026-01-01T00:00:00Z' }).note).toContain('90 days')
  })
})

describe('jq', () => {
  it('looks into the files of the day and of the next', () => {
    expect(copy('jq', { time: '2026-11-30T23:59:59Z' }).text).toBe(
      `find AWSLogs \\( -name '111122223333_CloudTrail_eu-west-1_20261130T*.json.gz' -o -name '111122223333_CloudTrail_eu-west-1_20261201T*.json.gz' \\) -exec gzip -dc {} + | jq --arg eventID e-1 '.Records[] | select(.eventID == $eventID)'`,
    )
  })
  it.each(HOSTILE.filter((value) => value !== ''))('keeps %j out of the program', (value) => {
    const words = argumentsOf(copy('jq', { event_id: value, account: value, region: value }, { eventID: value }).text ?? '', 'find() { :; }; jq() { show "$@"; }')
    expect(words).toEqual(['--arg', 'eventID', value, '.Records[] | select(.eventID == $eventID)'])
  })
  it('tells a record without an id by what it has', () => {
    expect(copy('jq', {}, { eventTime: '2026-11-03T14:05:09Z', requestID: 'r' }).text).toContain('select(.eventTime == $eventTime and .eventSource == $eventSource and .eventName == $eventName and .requestID == $requestID)')
  })
})

it('asks Athena by id and by the time as the record has it', () => {
  expect(copy('athena', { event_id: "e'1" }).text).toBe("SELECT *\nFROM cloudtrail_logs\nWHERE eventid = 'e''1'\n  AND eventtime = '2026-11-03T14:05:09Z'")
})

describe('kopter search', () => {
  it.each(HOSTILE.filter((value) => value !== ''))('asks for %j', (value) => {
    const words = argumentsOf(copy('kopter', { event_id: value }).text ?? '', 'kopter() { show "$@"; }')
    expect(words).toHaveLength(6)
    expect(words[1]).toMatch(/^event_id:.* account:111122223333$/s)
    expect(words.slice(2)).toEqual(['--from', '2026-11-03T14:05:09Z', '--to', '2026-11-03T14:05:10Z'])
  })
})

it('gives the record and the link as they are, and waits for the record', () => {
  expect(copy('link').text).toBe(LINK)
  expect(JSON.parse(copy('json', {}, { eventID: 'e-1', a: "'" }).text ?? '')).toEqual({ eventID: 'e-1', a: "'" })
  expect(copiesOf(event(), undefined, LINK, NOW).find((one) => one.key === 'json')?.text).toBeUndefined()
})
