import type { Hold } from '../../../../../shared/model/take.ts';
import { Badge } from '../../../ui/badge.tsx';
import { TextEditor } from '../../../ui/text-editor.tsx';
import { ToolGiven } from '../../../ui/tools/tool-given.tsx';
import styles from './hold-panel.module.css';

export interface ToolHoldProps {
  readonly tool: NonNullable<Hold['tool']>;
  readonly answer: string;
  readonly isError: boolean;
  readonly canAnswer: boolean;
  readonly onAnswer: (text: string) => void;
  readonly onIsError: (isError: boolean) => void;
}

/** A tool wants to run: its arguments, what the recording holds of it, and the result that it would get from here. */
export function ToolHold({ tool, answer, isError, canAnswer, onAnswer, onIsError }: ToolHoldProps) {
  return (
    <>
      <div className={styles.tool}>
        <span className={styles.toolName}>{tool.name}</span>
        <Badge tone={tool.effect === 'reads' ? 'neutral' : 'warn'}>
          {tool.effect === 'reads'
            ? 'only reads'
            : tool.effect === 'changes'
              ? 'changes something'
              : 'may change something'}
        </Badge>
      </div>
      <div className={styles.arguments}>
        <ToolGiven name={tool.name} given={tool.arguments} />
      </div>
      {tool.candidates.length > 0 && (
        <ul className={styles.candidates} aria-label="Recorded calls of this tool, closest first">
          {tool.candidates.map((candidate, at) => (
            <li key={at}>
              <button
                type="button"
                className={styles.candidate}
                aria-pressed={answer === candidate.result}
                onClick={() => {
                  onAnswer(candidate.result);
                  onIsError(candidate.isError);
                }}
              >
                <span>{candidate.step === undefined ? 'recorded' : `step ${candidate.step}`}</span>
                <span className={styles.quiet}>
                  {candidate.difference === '' ? 'same arguments' : candidate.difference}
                </span>
                {candidate.isError && <Badge tone="error">failed</Badge>}
                {candidate.stale && (
                  <Badge
                    tone="warn"
                    title="A tool that changes something has run since the fork: this result may no longer be true"
                  >
                    may be stale
                  </Badge>
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
      {canAnswer && (
        <div className={styles.editor}>
          <TextEditor
            label="The result that the agent gets"
            mono
            value={answer}
            onChange={onAnswer}
            placeholder="The result that the agent gets"
          />
          <label className={styles.always}>
            <input type="checkbox" checked={isError} onChange={(event) => onIsError(event.target.checked)} /> as an
            error
          </label>
        </div>
      )}
    </>
  );
}
