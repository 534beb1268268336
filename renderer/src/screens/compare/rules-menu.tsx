import { ListFilter, X } from 'lucide-react';
import { useState } from 'react';
import type { IgnoreChoice, IgnoreRule } from '../../../../shared/model/comparison.ts';
import { Button } from '../../ui/button.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { TextField } from '../../ui/text-field.tsx';
import styles from './rules-menu.module.css';

const longestKey = 200;
const mostKeys = 100;

export interface RulesMenuProps {
  readonly rules: readonly IgnoreRule[];
  readonly choice: IgnoreChoice;
  readonly onChoice: (choice: IgnoreChoice) => void;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** What does not count as a difference: named rules to switch, and keys of the reader's own. */
export function RulesMenu({ rules, choice, onChoice, open, onOpenChange }: RulesMenuProps) {
  // As chosen, not as last compared: a switch answers at once.
  const isOn = (rule: IgnoreRule) => !choice.off.includes(rule.id);
  const on = rules.filter(isOn).length + choice.keys.length;
  const total = rules.length + choice.keys.length;
  return (
    <Popover
      label="What is ignored"
      open={open}
      onOpenChange={onOpenChange}
      align="end"
      className={styles.popup}
      trigger={
        <Button size="small" icon={<ListFilter />} keys="r" title="What is ignored">
          {on === total ? `${on} rules` : `${on} of ${total} rules`}
        </Button>
      }
    >
      <p className={styles.intro}>Differences of these kinds do not count. Each pair says which of them it needed.</p>
      <ul className={styles.rules}>
        {rules.map((rule) => (
          <li key={rule.id}>
            <label className={styles.rule}>
              <input
                type="checkbox"
                checked={isOn(rule)}
                onChange={(event) =>
                  onChoice({
                    ...choice,
                    off: event.target.checked
                      ? choice.off.filter((id) => id !== rule.id)
                      : [...choice.off.filter((id) => id !== rule.id), rule.id],
                  })
                }
              />
              <span>
                <span className={styles.name}>{rule.title}</span>
                <span className={styles.detail}>{rule.detail}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      <OwnKeys choice={choice} onChoice={onChoice} />
    </Popover>
  );
}

function OwnKeys({ choice, onChoice }: Pick<RulesMenuProps, 'choice' | 'onChoice'>) {
  const [text, setText] = useState('');
  const key = text.trim();
  const isKnown = choice.keys.includes(key);
  const isFull = choice.keys.length >= mostKeys;
  const add = () => {
    if (key === '' || isKnown || isFull) return;
    onChoice({ ...choice, keys: [...choice.keys, key] });
    setText('');
  };
  return (
    <section className={styles.own} aria-label="Keys of your own">
      <h3 className={styles.name}>Keys of your own</h3>
      <p className={styles.detail}>Values under these keys of arguments, results and parameters do not count.</p>
      {choice.keys.length > 0 && (
        <ul className={styles.keys}>
          {choice.keys.map((one) => (
            <li key={one} className={styles.key}>
              <code className="truncate">{one}</code>
              <IconButton
                size="small"
                label={`Compare ${one} again`}
                icon={<X />}
                onClick={() => onChoice({ ...choice, keys: choice.keys.filter((other) => other !== one) })}
              />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.add}>
        <TextField
          label="A key to ignore"
          className={styles.field}
          placeholder="request_id, or meta.updated"
          value={text}
          maxLength={longestKey}
          error={isKnown ? 'This key is ignored already.' : isFull ? `At most ${mostKeys} keys.` : undefined}
          onChange={setText}
          onKeyDown={(event) => {
            if (event.key === 'Enter') add();
          }}
        />
        <Button size="small" onClick={add} disabled={key === '' || isKnown || isFull}>
          Ignore
        </Button>
      </div>
    </section>
  );
}
