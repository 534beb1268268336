import {
  Bot,
  Boxes,
  ChartNoAxesColumn,
  CircleHelp,
  Database,
  Globe,
  Layers,
  ListOrdered,
  Search,
  ShieldCheck,
  Sparkles,
  User,
  Wrench,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { StepKind } from '../../../shared/model/step.ts';
import { classNames } from '../lib/class-names.ts';
import styles from './kind-icon.module.css';

/** Kinds of steps, and the human beside them in conversations. */
export type IconKind = StepKind | 'human';

interface Look {
  readonly icon: LucideIcon;
  readonly word: string;
  /** Name of the colour in tokens.css. */
  readonly color: 'agent' | 'llm' | 'tool' | 'retrieval' | 'embedding' | 'guardrail' | 'chain' | 'human';
}

const looks: { readonly [Kind in IconKind]: Look } = {
  agent: { icon: Bot, word: 'agent', color: 'agent' },
  llm: { icon: Sparkles, word: 'llm call', color: 'llm' },
  tool: { icon: Wrench, word: 'tool', color: 'tool' },
  retrieval: { icon: Search, word: 'retrieval', color: 'retrieval' },
  embedding: { icon: Boxes, word: 'embedding', color: 'embedding' },
  rerank: { icon: ListOrdered, word: 'rerank', color: 'retrieval' },
  guardrail: { icon: ShieldCheck, word: 'guardrail', color: 'guardrail' },
  evaluator: { icon: ChartNoAxesColumn, word: 'evaluator', color: 'guardrail' },
  chain: { icon: Layers, word: 'chain', color: 'chain' },
  http: { icon: Globe, word: 'http request', color: 'chain' },
  db: { icon: Database, word: 'database', color: 'chain' },
  other: { icon: CircleHelp, word: 'other', color: 'chain' },
  human: { icon: User, word: 'human', color: 'human' },
};

/** `llm call`, `tool`, … */
export function kindWord(kind: IconKind): string {
  return looks[kind].word;
}

/** The colour of a kind as a CSS value, e.g. `var(--kind-llm)`. */
export function kindColor(kind: IconKind): string {
  return `var(--kind-${looks[kind].color})`;
}

export interface KindIconProps {
  readonly kind: IconKind;
  readonly size?: 'small' | 'medium';
  /** Replayed or otherwise in the background. */
  readonly muted?: boolean;
}

/** Kind = icon and colour; the word is there for screen readers. */
export function KindIcon({ kind, size = 'medium', muted = false }: KindIconProps) {
  const look = looks[kind];
  const Icon = look.icon;
  return (
    <span
      role="img"
      aria-label={look.word}
      className={classNames(styles.box, styles[look.color], size === 'small' && styles.small, muted && styles.muted)}
    >
      <Icon aria-hidden />
    </span>
  );
}
