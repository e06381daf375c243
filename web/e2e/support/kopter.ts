// Kopter as a user has it: the real binary on a free port of this machine, with
// a data folder that goes when it ends.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from './client.ts'

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const BINARY = process.env['KOPTER_BINARY'] ?? join(ROOT, 'bin/kopter')

/** Milliseconds until a binary that was asked to end is made to. */
const GRACE = 10_000

/** A Kopter that serves, and who is signed in to it. */
export interface Served {
  url: string
  /** The session of who opened the link that it printed. */
  cookie: string
}

export class Kopter {
  private readonly process: ChildProcess
  private readonly folder: string
  readonly url: string
  /** The sign-in link as it was printed; not used yet. */
  readonly link: string

  private constructor(process: ChildProcess, folder: string, output: string) {
    this.process = process
    this.folder = folder
    this.link = LINK.exec(output)?.[0] ?? ''
    this.url = new URL(this.link).origin
  }

  /** Starts a command that serves; args are those behind --data and --listen. */
  static async start(command: 'demo' | 'serve', ...args: string[]): Promise<Kopter> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: run make build, or name it in KOPTER_BINARY`)
    const folder = await mkdtemp(join(tmpdir(), 'kopter-e2e-'))
    const child = spawn(BINARY, [command, '--data', join(folder, 'data'), '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    return new Kopter(child, folder, await printed(child))
  }

  /** Uses the printed link, and gives what browsers and scripts then need. */
  async signIn(): Promise<Served> {
    return { url: this.url, cookie: await Client.exchange(this.url, secretOf(this.link)) }
  }

  /** What another command of the binary prints about the same data. */
  async run(...args: string[]): Promise<string> {
    return (await promisify(execFile)(BINARY, [...args, '--data', join(this.folder, 'data')])).stdout
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once('exit', done))
      this.process.kill('SIGTERM')
      const timer = setTimeout(() => this.process.kill('SIGKILL'), GRACE)
      await ended
      clearTimeout(timer)
    }
    await rm(this.folder, { recursive: true, force: true })
  }
}

const LINK = /http:\/\/127\.0\.0\.1:\d+\/signin#\S+/

export function secretOf(link: string): string {
  return new URL(link).hash.slice(1)
}

/** What the process wrote until its link stood there. */
function printed(child: ChildProcess): Promise<string> {
  let output = ''
  return new Promise((done, fail) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      if (/signin#\S+\s/.test(output)) done(output)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', fail)
    child.once('exit', (code) => fail(new Error(`kopter ended with ${code} before it served:\n${output}`)))
  })
}
