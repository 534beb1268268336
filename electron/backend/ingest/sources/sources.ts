import { claudeCode } from './claude-code/claude-code.ts';
import { miniSweAgent } from './mini-swe-agent/mini-swe-agent.ts';
import { otlp } from './otlp/otlp.ts';
import type { Source } from './source.ts';
import { sweAgent } from './swe-agent/swe-agent.ts';
import { tauBench } from './tau-bench/tau-bench.ts';

/**
 * Every format that Retake reads, in the order in which sentences name them; of sources that are equally sure of a file the first one
 * reads it. A new format is a folder beside this file and a line here.
 */
export const sources: readonly Source[] = [otlp, claudeCode, tauBench, sweAgent, miniSweAgent];
