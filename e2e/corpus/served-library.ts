import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { cliImportSchema, cliRunsSchema, cliShowSchema } from '../../shared/cli-documents.ts';
import type { ReceiverPorts } from './replay-capture.ts';

/** As it is installed: `npm run build` makes it. */
export const launcher = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));

/** The command line as a user has it: one process per call, on a library of its own. */
export class CommandLine {
  readonly directory = mkdtempSync(join(tmpdir(), 'retake-corpus-'));
  private server: ChildProcess | undefined;

  import(...paths: readonly string[]): z.infer<typeof cliImportSchema> {
    return cliImportSchema.parse(this.json(['import', '--json', ...paths]));
  }

  runs(): z.infer<typeof cliRunsSchema> {
    return cliRunsSchema.parse(this.json(['runs', '--json']));
  }

  show(runId: string): z.infer<typeof cliShowSchema> {
    return cliShowSchema.parse(this.json(['show', runId, '--json', '--messages']));
  }

  /** What a command prints with `--json`. */
  document(words: readonly string[]): unknown {
    return this.json(words);
  }

  /** Starts `retake serve` on free ports and resolves when both receivers listen. */
  serve(): Promise<ReceiverPorts> {
    const server = spawn(
      process.execPath,
      [
        launcher,
        'serve',
        '--library',
        this.directory,
        '--port',
        '0',
        '--otlp-port',
        '0',
        '--otlp-grpc-port',
        '0',
        '--no-open',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.server = server;
    return new Promise((resolve, reject) => {
      let text = '';
      server.once('exit', (code) => reject(new Error(`retake serve ended with ${String(code)}: ${text}`)));
      server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const http = /OTLP\/HTTP on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        const grpc = /OTLP\/gRPC on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (http !== undefined && grpc !== undefined) resolve({ http: Number(http), grpc: Number(grpc) });
      });
    });
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const server = this.server;
    if (!server) return;
    this.server = undefined;
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private json(words: readonly string[]): unknown {
    const ended = this.server?.signalCode ?? this.server?.exitCode;
    if (typeof ended === 'string' || typeof ended === 'number')
      throw new Error(`retake serve ended with ${ended} by itself.`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...words, '--library', this.directory], {
      encoding: 'utf8',
      maxBuffer: 512 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`retake ${words.join(' ')} ended with ${String(status)}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
